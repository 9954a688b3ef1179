// What refers to a manifest of a mirror: signatures and attestations (REQ-44). The upstream's list is kept as an index
// under a name of its own, where it outlives the upstream like any tag; the manifests in it are fetched when somebody
// asks for them. So the list shows them before they are here, unlike that of our own repositories.
import { parseDigest, type Digest } from "../../storage/digest.ts";
import { isMediaType, ociImageIndex } from "../oci/media-types.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { ReferrerDescriptor, Referrers, ReferrersPage, StoredManifest } from "../registry/registry.ts";
import { RemoteError } from "../remote/remote-error.ts";
import type { MirrorEvents } from "./mirror-events.ts";
import { referrersListName } from "./referrers-lists.ts";
import { askUpstream } from "./remote-refusal.ts";
import type { Inquiry, TagFreshness } from "./tag-freshness.ts";
import type { MirroredRepository, UpstreamMap } from "./upstream-map.ts";
import type { MirrorSettings } from "./upstream-settings.ts";

export interface PullThroughReferrersParts {
  readonly local: Referrers;
  readonly map: UpstreamMap;
  readonly freshness: TagFreshness;
  readonly settings: Pick<MirrorSettings, "maxManifestBytes">;
  readonly events: MirrorEvents;
}

/** Signatures come soon after the image. */
const longestTtlSeconds = 60;
/** Clients accept manifests of at least 4 MiB (spec), so a page stays below that, with room for its frame. */
const maxPageBytes = 4 * 1024 * 1024 - 4096;

interface Filter {
  readonly artifactType?: string | undefined;
  readonly after?: Digest | undefined;
}

export class PullThroughReferrers implements Referrers {
  readonly #parts: PullThroughReferrersParts;

  constructor(parts: PullThroughReferrersParts) {
    this.#parts = parts;
  }

  async list(repository: RepositoryName, subject: Digest, filter: Filter): Promise<ReferrersPage> {
    const { local, map, events } = this.#parts;
    const at = map.find(repository);
    if (at === undefined) return local.list(repository, subject, filter);
    const index = await this.#index(at, subject);
    events.answered(at.upstream.name, index?.cache?.outcome ?? "absent", index?.cache?.reason);
    if (index === undefined) return { manifests: [], next: undefined };
    return { ...pageOf(descriptorsIn(index.bytes), filter), cache: index.cache };
  }

  async #index(at: MirroredRepository, subject: Digest): Promise<StoredManifest | undefined> {
    try {
      return await askUpstream(at.upstream, () => this.#parts.freshness.resolve(this.#inquiry(at, subject)));
    } catch (error) {
      this.#parts.events.answered(at.upstream.name, "refused");
      throw error;
    }
  }

  #inquiry(at: MirroredRepository, subject: Digest): Inquiry {
    const { maxManifestBytes: maxBytes } = this.#parts.settings;
    const name = referrersListName(subject);
    const ask = async (signal: AbortSignal) => {
      const list = await at.source.listReferrers(at.name, subject, { signal, maxBytes });
      // To take nonsense for an empty list would be to say that nothing is signed.
      if (entriesIn(list.bytes) === undefined)
        throw new RemoteError("failing", "a referrers list that is none");
      return { ...list, mediaType: ociImageIndex };
    };
    const ttlSeconds = Math.min(at.ttlSecondsOf(at.name, name), longestTtlSeconds);
    return { at, tag: name, ttlSeconds, ask, fetch: (_, signal) => ask(signal) };
  }
}

/** What of the list can be told again, by digest, each once. */
function descriptorsIn(bytes: Buffer): ReferrerDescriptor[] {
  const listed = (entriesIn(bytes) ?? []).flatMap((entry) => descriptorOf(entry) ?? []);
  const byDigest = new Map(listed.map((descriptor) => [descriptor.digest, descriptor]));
  return [...byDigest.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** Undefined for what is no index. Go writes an empty list as null. */
function entriesIn(bytes: Buffer): readonly unknown[] | undefined {
  try {
    const { manifests } = Object(JSON.parse(bytes.toString("utf8"))) as { manifests?: unknown };
    if (manifests === null) return [];
    return Array.isArray(manifests) ? manifests : undefined;
  } catch {
    return undefined;
  }
}

function descriptorOf(entry: unknown): ReferrerDescriptor | undefined {
  const { mediaType, digest, size, artifactType, annotations } = Object(entry) as Record<string, unknown>;
  const parsed = typeof digest === "string" ? parseDigest(digest) : undefined;
  if (parsed === undefined || typeof mediaType !== "string" || !isMediaType(mediaType)) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  return {
    mediaType,
    digest: parsed,
    size,
    ...(typeof artifactType === "string" && { artifactType }),
    ...(isTexts(annotations) && { annotations }),
  };
}

function isTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((text) => typeof text === "string")
  );
}

function pageOf(all: readonly ReferrerDescriptor[], { artifactType, after }: Filter): ReferrersPage {
  const manifests: ReferrerDescriptor[] = [];
  let bytes = 0;
  for (const descriptor of all) {
    if (after !== undefined && descriptor.digest <= after) continue;
    if (artifactType !== undefined && descriptor.artifactType !== artifactType) continue;
    bytes += Buffer.byteLength(JSON.stringify(descriptor)) + 1;
    if (bytes > maxPageBytes && manifests.length > 0) return { manifests, next: manifests.at(-1)?.digest };
    manifests.push(descriptor);
  }
  return { manifests, next: undefined };
}
