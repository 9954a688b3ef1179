// `berth mirror status`: how much is kept of each upstream; of one, its repositories; of a repository, its images.
import type { Command } from "commander";
import type { OpenMirror } from "../../assembly/mirror-tools.ts";
import { allPages } from "../access/all-pages.ts";
import { byteCount, timeSpan } from "../output/byte-count.ts";
import { timeOf, type Document } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { table } from "../output/table.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import { withMirror, type MirrorParts } from "./mirror-parts.ts";

const examples = [
  "berth mirror status                             how much is kept of each upstream",
  "berth mirror status registry.k8s.io             which repositories",
  "berth mirror status registry.k8s.io/pause       which images, and how old what is known of their tags is",
];

/** What is printed: text shows other columns than JSON has keys. */
interface Listing {
  readonly columns: readonly string[];
  readonly texts: readonly Document[];
  readonly documents: readonly Document[];
}

export function mirrorStatusCommand(parts: MirrorParts): Command {
  return storageSubcommand("status", "say what is kept of upstreams", examples)
    .argument("[name]", "an upstream, or a repository such as docker.io/library/alpine")
    .action(async (name: string | undefined, options: StorageOptions) => {
      const { terminal } = parts;
      const now = terminal.now();
      const { columns, texts, documents } = await withMirror(parts, options, (mirror) => {
        return name === undefined ? usage(mirror, now) : keptOf(mirror, name, now);
      });
      terminal.stdout(options.json === true ? jsonText(documents) : table(columns, texts));
    });
}

async function usage({ images }: OpenMirror, now: number): Promise<Listing> {
  const all = await images.usageByUpstream();
  return {
    columns: ["upstream", "repositories", "manifests", "blobs", "size", "lastPulled"],
    texts: all.map(({ bytes, lastPulledAt, ...rest }) => ({
      ...rest,
      size: byteCount(bytes),
      lastPulled: ago(lastPulledAt, now),
    })),
    documents: all.map(({ lastPulledAt, ...rest }) => ({ ...rest, lastPulledAt: timeOf(lastPulledAt) })),
  };
}

/** Of an upstream, or of an image as people write it: alpine alone is one of Docker Hub. */
async function keptOf(mirror: OpenMirror, name: string, now: number): Promise<Listing> {
  const repositories = await repositoriesOf(mirror, name);
  return repositories.documents.length > 0 ? repositories : imagesOf(mirror, name, now);
}

async function repositoriesOf({ images }: OpenMirror, upstream: string): Promise<Listing> {
  const names = await allPages(
    (page) => images.listRepositories({ ...page, upstream }),
    (name) => name,
  );
  const documents = names.map((name) => ({ repository: name }));
  return { columns: ["repository"], texts: documents, documents };
}

async function imagesOf(mirror: OpenMirror, repository: string, now: number): Promise<Listing> {
  const name = await keptName(mirror, repository);
  const all = await allPages(
    (page) => mirror.images.listImages(name, page),
    ({ digest }) => digest,
  );
  return {
    columns: ["digest", "tags", "confirmed", "pulled"],
    texts: all.map(({ digest, tags, checkedAt, pulledAt }) => ({
      ...{ digest, tags },
      confirmed: ago(checkedAt, now),
      pulled: ago(pulledAt, now),
    })),
    documents: all.map(({ digest, tags, checkedAt, pulledAt }) => ({
      ...{ repository: name, digest, tags },
      checkedAt: timeOf(checkedAt),
      pulledAt: timeOf(pulledAt),
    })),
  };
}

/** As it is called here, or as images are written: index.docker.io/alpine is kept as docker.io/library/alpine. */
export async function keptName(mirror: OpenMirror, name: string): Promise<string> {
  const { entries } = await mirror.images.listImages(name, { limit: 1 });
  return entries.length > 0 ? name : ((await mirror.nameOf(name)) ?? name);
}

function ago(time: number | undefined, now: number): string | undefined {
  return time === undefined ? undefined : `${timeSpan(Math.max(0, now - time) / 1000)} ago`;
}
