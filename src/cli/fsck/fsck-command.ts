// `berth fsck`: is all of it there, and right?
import type { Command } from "commander";
import type { FsckReport, OpenFsck } from "../../assembly/fsck-tools.ts";
import type { Config } from "../../config/load-config.ts";
import { entryOf } from "../access/with-access.ts";
import { configFrom } from "../config-options.ts";
import { StorageFailure } from "../explain-failure.ts";
import { Progress } from "../output/progress.ts";
import { listenForShutdown } from "../shutdown.ts";
import { parseByteSize } from "../storage/byte-size.ts";
import { parseDuration } from "../storage/duration.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import type { Terminal } from "../terminal.ts";
import { judge, printFsck, standOf } from "./print-fsck.ts";

/** Opens the store of an existing registry; main.ts gives the real one. */
export type Checking = {
  readonly openFsck: (config: Config, options: { readonly now: () => number }) => Promise<OpenFsck>;
};

export type FsckParts = Checking & { readonly terminal: Terminal };

type Options = StorageOptions & {
  readonly repair?: boolean;
  readonly digests?: boolean;
  readonly rate?: number;
  readonly grace: number;
};

const examples = [
  "berth fsck                            look; exit code 1 when something is not right",
  "berth fsck --repair                   and mend it",
  "berth fsck --digests --rate 50MiB     read all blobs, too, at most 50 MiB a second",
  "berth fsck --grace 7d --json",
];
const help = `
Works while a server runs, and may be ended at any moment. --repair marks blobs whose bytes are gone or wrong as damaged:
they answer 404 until the next push of them, or the next pull through a mirror, brings them back. Wrong bytes are kept in
the quarantine and never deleted: the output says where. Objects that no row knows go to the delete queue, from which a
running server deletes them an hour later; uploads that were forgotten are removed; figures and hints are set right.
Exit code 0: all is right, or was repaired. 1: something was found that is not repaired, or the check did not come to its
end. 2: the command is not right.`;

export function fsckCommand(parts: FsckParts): Command {
  return storageSubcommand("fsck", "check that all of it is there and right, and repair", examples)
    .option("--repair", "mend what is found")
    .option("--digests", "read all blobs, and compare them with their digests")
    .option("--rate <size>", "read at most so much a second: 500KiB, 50MiB, 1GiB", parseByteSize)
    .option("--grace <span>", "objects younger than this are left alone", parseDuration, 86_400)
    .addHelpText("after", help)
    .action(async (options: Options, command: Command) => {
      const { repair = false, json = false, digests = false, rate } = options;
      if (rate !== undefined && !digests)
        command.error("error: --rate is about reading blobs, which only --digests does: name both");
      const { terminal } = parts;
      const progress = new Progress(terminal);
      const report = await check(parts, options, progress).finally(() => progress.end());
      printFsck(terminal, report, json);
      judge(report, repair);
    });
}

async function check(parts: FsckParts, options: Options, progress: Progress): Promise<FsckReport> {
  const { terminal, openFsck } = parts;
  const { repair = false, digests = false, grace: graceSeconds, rate: bytesPerSecond } = options;
  const config = configFrom(options, terminal);
  const shutdown = listenForShutdown(terminal);
  const stop = new AbortController();
  void shutdown.requested.then((name) => stop.abort(new Error(`error: ended by ${name}`)));
  try {
    const fsck = await openFsck(config, { now: terminal.now });
    try {
      const report = await fsck.check({
        ...{ repair, digests, graceSeconds, bytesPerSecond, signal: stop.signal },
        onProgress: (stand) => progress.show(() => standOf(stand)),
      });
      if (report.repaired) {
        const change = { action: "fsck.run", target: "the store" };
        await fsck.trail.write(entryOf(terminal, change, "allowed", `found: ${report.found}`));
      }
      return report;
    } finally {
      await fsck.close();
    }
  } catch (cause) {
    throw new StorageFailure(config, cause, { exclusive: false });
  } finally {
    shutdown.dispose();
  }
}
