// docs/accounts.md as it is read: its commands of ours are run from the first to the last, on one registry that serves
// meanwhile, and its configuration files are ones that Berth takes.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { assemble } from "../../../src/assembly/assemble.ts";
import { openAccess } from "../../../src/assembly/access-services.ts";
import { openTags } from "../../../src/assembly/tag-tools.ts";
import { openGc } from "../../../src/assembly/gc-tools.ts";
import { openFsck } from "../../../src/assembly/fsck-tools.ts";
import { openMirror } from "../../../src/assembly/mirror-tools.ts";
import { openRetentionTools } from "../../../src/assembly/retention-tools.ts";
import { openStorage, probeStorage } from "../../../src/assembly/storage-tools.ts";
import { probeUpstreams } from "../../../src/assembly/upstream-probes.ts";
import type { Machinery } from "../../../src/cli/program.ts";
import { runCommandLine } from "../../../src/cli/run-command-line.ts";
import { loadConfig } from "../../../src/config/load-config.ts";
import { collectLog } from "../../support/log-lines.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { RecordedTerminal } from "./recorded-terminal.ts";
import { parseShellLine, type ShellLine } from "./shell-line.ts";

const page = readFileSync(new URL("../../../docs/accounts.md", import.meta.url), "utf8");

function blocks(language: string): string[] {
  return Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")),
    ([, text = ""]) => text,
  );
}

const password = "a password of the page";

/** Somebody who types what stands on the page. */
class Reader {
  readonly #data: string;

  constructor(data: string) {
    this.#data = data;
  }

  /** What serves goes on until the test ends; everything else is waited for. */
  async type({ words, input }: ShellLine): Promise<{ code: number; errors: string }> {
    const terminal = this.#terminal(input);
    const id = words.includes("ID") ? await this.#idFor(words) : "";
    const args = words.slice(1).map((word) => (word === "ID" ? id : word));
    if (args[0] === "serve") return this.#serve(args, terminal);
    return { code: await runCommandLine(args, terminal, machineryOf()), errors: terminal.errors };
  }

  async #serve(
    args: readonly string[],
    terminal: RecordedTerminal,
  ): Promise<{ code: number; errors: string }> {
    let ended: Promise<number> = Promise.resolve(0);
    await new Promise<void>((resolve) => {
      ended = runCommandLine(args, terminal, machineryOf(resolve));
      void ended.then(() => resolve());
    });
    onTestFinished(async () => {
      terminal.raise("SIGTERM");
      await ended;
    });
    return { code: terminal.awaitedSignals.length > 0 ? 0 : await ended, errors: terminal.errors };
  }

  #terminal(input?: string): RecordedTerminal {
    const environment = {
      BERTH_DATA: this.#data,
      BERTH_AUTH_MODE: "accounts",
      BERTH_HTTP_LISTEN: "127.0.0.1:0",
    };
    const answers = ({ text }: { text: string }) => (text.includes("[y/N]") ? "y" : password);
    return new RecordedTerminal(environment, { answers, ...(input !== undefined && { piped: password }) });
  }

  /** What the reader copies: the last id that the command before listed. */
  async #idFor([, kind = "", , name = ""]: readonly string[]): Promise<string> {
    const terminal = this.#terminal();
    const list = kind === "robot" ? ["robot", "show", name] : ["token", "list", name];
    await runCommandLine([...list, "--json"], terminal, machineryOf());
    const ids = Array.from(terminal.output.matchAll(/"id": "([^"]+)"/g), ([, id = ""]) => id);
    return ids.at(-1) ?? "none";
  }
}

function machineryOf(onStarted: () => void = () => undefined): Machinery {
  return {
    openLog: async () => ({
      logger: collectLog().logger,
      pass: () => undefined,
      flush: async () => undefined,
    }),
    assemble: async (config, { logger }, adminPassword) => {
      const server = await assemble(config, { logger, adminPassword });
      onStarted();
      return server;
    },
    openAccess,
    openStorage,
    probeStorage,
    openGc,
    openTags,
    openFsck,
    openMirror,
    openRetention: openRetentionTools,
    probeUpstreams,
  };
}

describe("docs/accounts.md", () => {
  it("has commands that do what they are told, one after the other", async () => {
    const reader = new Reader(await scratchDirectory());
    const lines = blocks("console")
      .flatMap((block) => block.split("\n"))
      .flatMap((line) => (/^\$ ([A-Z]+=\$\()?berth /.test(line) ? [parseShellLine(line.slice(2))] : []));
    const failed: string[] = [];
    for (const line of lines) {
      const { code, errors } = await reader.type(line);
      if (code !== 0) failed.push(`${line.words.join(" ")}: ${errors}`);
    }
    expect(failed).toEqual([]);
    const families = new Set(lines.map(({ words }) => words[1]));
    expect([...families].sort()).toEqual(["audit", "group", "project", "robot", "serve", "token", "user"]);
  });

  it.each(blocks("yaml"))("has configuration files that are right: %s", async (text) => {
    const file = join(await scratchDirectory(), "berth.yaml");
    writeFileSync(file, text);
    expect(loadConfig({ file }).auth.mode).toMatch(/^(accounts|token)$/);
  });
});
