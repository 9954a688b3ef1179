// `berth mirror pull`: images fetched before anybody asks for them, such as those of a cluster that will have no internet.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import type { PreloadedImage, PreloadReport } from "../../assembly/mirror-tools.ts";
import { byteCount } from "../output/byte-count.ts";
import type { Document } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { Progress } from "../output/progress.ts";
import { table } from "../output/table.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import type { Terminal } from "../terminal.ts";
import { imagesInList } from "./image-list.ts";
import { withMirrorChange, type MirrorParts } from "./mirror-parts.ts";

type Options = StorageOptions & {
  readonly file?: string;
  readonly kubeadm?: string;
  readonly platform?: readonly string[];
  readonly withSignatures?: boolean;
};

const examples = [
  "berth mirror pull alpine:3.20 quay.io/prometheus/prometheus",
  "berth mirror pull --kubeadm v1.31.2 --platform linux/amd64 --platform linux/arm64",
  "berth mirror pull -f images.txt --platform all --with-signatures",
  "kubeadm config images list | berth mirror pull -f -",
];
const help = `
Images are written as docker pull takes them, and must be of an upstream that is configured. What is here already is not
fetched again, so that a run that was ended goes on where it was. Exit code 1: an image could not be had.
--kubeadm fetches what a cluster of that version needs, with the pause images of the container runtimes.`;

export function mirrorPullCommand(parts: MirrorParts): Command {
  return storageSubcommand("pull", "fetch images before anybody asks for them", examples)
    .argument("[image...]", "such as alpine, or registry.k8s.io/pause:3.10")
    .option("-f, --file <list>", "a file with an image on each line; - for standard input")
    .option("--kubeadm <version>", "the images of a Kubernetes cluster, such as v1.31.2")
    .option("--platform <platform>", "such as linux/arm64, or all; several times (this machine's)", collect)
    .option("--with-signatures", "signatures, attestations and other referrers too")
    .addHelpText("after", help)
    .action((images: readonly string[], options: Options, command: Command) =>
      pull(parts, images, options, command),
    );
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, ...value.split(",")];

async function pull(
  parts: MirrorParts,
  named: readonly string[],
  options: Options,
  command: Command,
): Promise<void> {
  const { terminal } = parts;
  const { file, kubeadm, platform: platforms = [], withSignatures = false, json = false } = options;
  const listed = file === undefined ? [] : imagesInList(await listIn(file, terminal));
  const images = [...named, ...listed];
  if (images.length === 0 && kubeadm === undefined) {
    command.error("error: nothing to fetch: name images, or a list by --file, or a version by --kubeadm");
  }
  const progress = new Progress(terminal);
  const start = terminal.now();
  const onProgress = (stand: readonly PreloadedImage[]): void =>
    progress.show(() => standOf(stand, (terminal.now() - start) / 1000));
  const target = [...(kubeadm === undefined ? [] : [`kubeadm ${kubeadm}`]), ...images].join(" ");
  const change = { action: "mirror.preload", target, detail: platforms.join(" ") };
  const report = await withMirrorChange(parts, options, change, (mirror, signal) =>
    mirror.preload({ images, kubeadm, platforms, withSignatures }, { signal, onProgress }),
  ).finally(() => progress.end());
  print(terminal, report, json);
  judge(report);
}

async function listIn(file: string, terminal: Terminal): Promise<string> {
  if (file === "-") return text(terminal.stdin());
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`error: the list can't be read: ${reason}`, { cause });
  }
}

function standOf(images: readonly PreloadedImage[], seconds: number): string {
  const ended = images.filter(({ phase }) => phase === "done" || phase === "failed");
  const current = images.find(({ phase }) => phase === "resolving" || phase === "fetching");
  const moved = images.reduce((sum, { bytes, heldBytes }) => sum + bytes - heldBytes, 0);
  const rate = `${byteCount(moved / Math.max(seconds, 1))}/s`;
  const part =
    current === undefined
      ? ""
      : `, ${current.image}: ${byteCount(current.bytes)} of ${byteCount(current.totalBytes)}`;
  return `${ended.length} of ${images.length} images${part}, ${rate}`;
}

function print(terminal: Terminal, { images, notes }: PreloadReport, json: boolean): void {
  if (json) {
    terminal.stdout(jsonText({ images: images.map((image) => ({ ...image })), notes }));
    return;
  }
  const columns = ["image", "outcome", "platforms", "size", "fetched", "remark"];
  terminal.stdout(table(columns, images.map(documentOf)));
  if (notes.length > 0) terminal.stdout(`\n${notes.join("\n")}\n`);
}

function documentOf({
  image,
  phase,
  platforms,
  totalBytes,
  bytes,
  heldBytes,
  remark,
}: PreloadedImage): Document {
  const done = phase === "done";
  return {
    ...{ image, outcome: phase, platforms, remark },
    size: done ? byteCount(totalBytes) : undefined,
    fetched: byteCount(bytes - heldBytes),
  };
}

/** @throws Error when an image is not here */
function judge({ images }: PreloadReport): void {
  const failed = images.filter(({ phase }) => phase === "failed").length;
  if (failed === 0) return;
  const count = failed === 1 ? "an image" : `${failed} of ${images.length} images`;
  throw new Error(
    `error: ${count} could not be had; what is here stays, and the same command goes on with the rest`,
  );
}
