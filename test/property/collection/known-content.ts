// The fixed little world that sequences push: a handful of blobs, and every shape of manifest that can name them, so
// that whatever is done is soon done to something that something else needs.
import { parseReference, type Reference } from "../../../src/oci/reference.ts";
import { parseRepositoryName, type RepositoryName } from "../../../src/oci/repository-name.ts";
import { digestOf, type Digest } from "../../../storage/digest.ts";
import {
  artifact,
  describeBlob,
  describeManifest,
  emptyJson,
  imageIndex,
  imageManifest,
  type Manifest,
} from "../../support/images.ts";

export interface KnownBlob {
  readonly name: string;
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/** What it needs to be pulled: blobs, manifests that it lists; and what it refers to, which need not be there. */
export interface KnownManifest extends KnownBlob {
  readonly mediaType: string;
  readonly blobs: readonly Digest[];
  readonly children: readonly Digest[];
  readonly subject: Digest | undefined;
}

/** Of sizes that no sums of others equal, so that usage can't be right by chance. */
function blob(name: string, bytes: Buffer): KnownBlob {
  return { name, bytes, digest: digestOf(bytes) };
}
const empty = blob("empty", emptyJson);
const base = blob("base", Buffer.alloc(64, "base"));
const tools = blob("tools", Buffer.alloc(256, "tools"));
const app = blob("app", Buffer.alloc(1024, "app"));
const step = blob("step", Buffer.alloc(4096, "step"));

type Named = Partial<Pick<KnownManifest, "blobs" | "children" | "subject">>;

function manifest(name: string, { bytes, mediaType }: Manifest, named: Named): KnownManifest {
  const { blobs = [], children = [], subject } = named;
  return { name, bytes, mediaType, digest: digestOf(bytes), blobs, children, subject };
}

function image(name: string, layers: readonly KnownBlob[]): KnownManifest {
  const contents = layers.map(({ bytes }) => bytes);
  const blobs = [empty, ...layers].map(({ digest }) => digest);
  return manifest(name, imageManifest(emptyJson, contents, { annotations: { name } }), { blobs });
}

function index(name: string, entries: readonly KnownManifest[]): KnownManifest {
  const children = entries.map(({ digest }) => digest);
  return manifest(name, imageIndex(entries.map(describe), { annotations: { name } }), { children });
}

function referrer(name: string, to: KnownManifest): KnownManifest {
  const content = artifact(`application/vnd.example.${name}`, describe(to));
  return manifest(name, content, { blobs: [empty.digest], subject: to.digest });
}

function describe({ bytes, mediaType, digest }: KnownManifest) {
  return describeManifest({ bytes, mediaType, digest });
}

const amd = image("amd", [base, tools]);
const arm = image("arm", [base, app]);
const plain = image("plain", [app]);
const attestation = referrer("attestation", amd);
const inner = index("inner", [amd, arm]);
const outer = index("outer", [inner, plain]);
const sharing = index("sharing", [amd, plain, attestation]);
const signature = referrer("signature", inner);
const countersignature = referrer("countersignature", signature);
/** As build caches are: an index whose entries are blobs. */
const entries = [step, tools].map(({ bytes }) => describeBlob(bytes));
const cache = manifest("cache", imageIndex(entries), { blobs: [step.digest, tools.digest] });

export const blobs: readonly KnownBlob[] = [empty, base, tools, app, step];
export const manifests: readonly KnownManifest[] = [
  ...[amd, arm, plain, attestation, inner, outer, sharing, signature, countersignature, cache],
];
export const repositories = ["team/a", "team/b", "other/a", "single"] as const;
export const tags = ["v1", "v2"] as const;

const blobsByDigest = new Map(blobs.map((known) => [known.digest, known]));
const manifestsByDigest = new Map(manifests.map((known) => [known.digest, known]));

export function blobOf(digest: Digest): KnownBlob {
  const found = blobsByDigest.get(digest);
  if (found === undefined) throw new Error(`no blob of this world is ${digest}`);
  return found;
}

export function manifestOf(digest: Digest): KnownManifest {
  const found = manifestsByDigest.get(digest);
  if (found === undefined) throw new Error(`no manifest of this world is ${digest}`);
  return found;
}

export function nameOf(digest: Digest): string {
  return (blobsByDigest.get(digest) ?? manifestsByDigest.get(digest))?.name ?? digest;
}

export function nameIn(text: string): RepositoryName {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(`${text} is no repository name`);
  return name;
}

export function referenceTo(text: string): Reference {
  const reference = parseReference(text);
  if (reference === undefined) throw new Error(`${text} is neither a tag nor a digest`);
  return reference;
}
