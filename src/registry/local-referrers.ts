// What refers to a manifest: the manifests that name it as their subject, and those that clients without the referrers
// API listed under the fallback tag `<algorithm>-<hex>` (distribution-spec, "Referrers Tag Schema"; a registry MUST
// include them).
import { parseDigest, type Digest } from "../../storage/digest.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { ReferrerRecord } from "../../storage/metadata/records.ts";
import { referrersTagOf } from "../oci/referrers-tag.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { ReferrerDescriptor, Referrers, ReferrersPage } from "./registry.ts";

/** Clients accept manifests of at least 4 MiB (spec), so a page stays below that, with room for its frame. */
const maxPageBytes = 4 * 1024 * 1024 - 4096;
/** Held at once: each row may carry annotations of up to a manifest's size. */
const rowsPerQuery = 16;

interface Filter {
  readonly artifactType?: string | undefined;
  readonly after?: Digest | undefined;
}

export class LocalReferrers implements Referrers {
  readonly #metadata: MetadataStore;

  constructor(metadata: MetadataStore) {
    this.#metadata = metadata;
  }

  async list(repository: RepositoryName, subject: Digest, filter: Filter): Promise<ReferrersPage> {
    const manifests: ReferrerDescriptor[] = [];
    let bytes = 0;
    for await (const record of this.#merged(repository, subject, filter)) {
      const descriptor = descriptorOf(record);
      bytes += Buffer.byteLength(JSON.stringify(descriptor)) + 1;
      if (bytes > maxPageBytes && manifests.length > 0) return { manifests, next: manifests.at(-1)?.digest };
      manifests.push(descriptor);
    }
    return { manifests, next: undefined };
  }

  /** Both sources in one ascending order, each digest once. */
  async *#merged(
    repository: RepositoryName,
    subject: Digest,
    filter: Filter,
  ): AsyncGenerator<ReferrerRecord> {
    const listed = this.#listedByTag(repository, subject, filter);
    let next = await listed.next();
    for await (const record of this.#bySubject(repository, subject, filter)) {
      for (; next.done !== true && next.value.digest <= record.digest; next = await listed.next()) {
        if (next.value.digest !== record.digest) yield next.value;
      }
      yield record;
    }
    for (; next.done !== true; next = await listed.next()) yield next.value;
  }

  async *#bySubject(
    repository: RepositoryName,
    subject: Digest,
    filter: Filter,
  ): AsyncGenerator<ReferrerRecord> {
    let after: string | undefined = filter.after;
    for (;;) {
      const page = await this.#metadata.manifests.listReferrers(repository, subject, {
        limit: rowsPerQuery,
        artifactType: filter.artifactType,
        ...(after === undefined ? {} : { after }),
      });
      yield* page.entries;
      after = page.entries.at(-1)?.digest;
      if (!page.more) return;
    }
  }

  /** Only manifests that are here: what a client wrote into its list and then deleted refers to nothing any more. */
  async *#listedByTag(
    repository: RepositoryName,
    subject: Digest,
    { artifactType, after }: Filter,
  ): AsyncGenerator<ReferrerRecord, undefined> {
    const index = await this.#metadata.manifests.findByTag(repository, referrersTagOf(subject));
    const digests = index === undefined ? [] : digestsIn(index.bytes);
    const wanted = digests.filter((digest) => after === undefined || digest > after).sort();
    for (let start = 0; start < wanted.length; start += rowsPerQuery) {
      const records = await this.#metadata.manifests.describe(
        repository,
        wanted.slice(start, start + rowsPerQuery),
      );
      const ofType = records.filter(
        (record) => artifactType === undefined || record.artifactType === artifactType,
      );
      yield* ofType.sort((a, b) => (a.digest < b.digest ? -1 : 1));
    }
    return undefined;
  }
}

/** Each digest once: a client may have listed one twice. */
function digestsIn(bytes: Buffer): Digest[] {
  const { manifests } = JSON.parse(bytes.toString("utf8")) as { manifests?: unknown };
  if (!Array.isArray(manifests)) return [];
  const digests = manifests.map((entry: { digest?: unknown } | null) =>
    typeof entry?.digest === "string" ? parseDigest(entry.digest) : undefined,
  );
  return [...new Set(digests.filter((digest) => digest !== undefined))];
}

function descriptorOf({
  mediaType,
  digest,
  size,
  artifactType,
  annotations,
}: ReferrerRecord): ReferrerDescriptor {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
