// A keeper over a real database, with a clock, and content that an upstream gave.
import type { Digest } from "../../../../storage/digest.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import type { MetadataStore } from "../../../../storage/metadata/metadata-store.ts";
import {
  CacheKeeper,
  type CacheKeeperParts,
  type KeepingSettings,
} from "../../../../src/pull-through/keeping/cache-keeper.ts";
import type { BlobRecord } from "../../../../storage/metadata/records.ts";
import type { Locator } from "../../../../storage/blobs/stored-object.ts";
import { digestFor, manifestOf, needsBlob } from "../../../contracts/metadata-store-fixture.ts";

export interface OpenKeeper {
  readonly keeper: CacheKeeper;
  readonly metadata: MetadataStore;
  /** Milliseconds. */
  readonly clock: { now: number };
  readonly settings: KeepingSettings;
  readonly problems: unknown[];
  /** Commits an image whose only layer, `layer of <name>`, has so many bytes; pulled now. */
  readonly cacheImage: (
    repository: string,
    name: string,
    bytes: number,
    tags?: readonly string[],
  ) => Promise<Digest>;
  /** The names of the images of `names` that are held. */
  readonly held: (repository: string, ...names: string[]) => Promise<string[]>;
  readonly usedBytes: () => Promise<number>;
  readonly close: () => Promise<void>;
}

export function sizedBlob(content: string, size: number, suffix = "cached"): BlobRecord {
  return { digest: digestFor(content), locator: `${content}.${suffix}` as Locator, size };
}

export async function openKeeper(
  chosen: Partial<KeepingSettings> = {},
  more: Partial<CacheKeeperParts> = {},
): Promise<OpenKeeper> {
  const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
  const clock = { now: 1_000_000_000 };
  const problems: unknown[] = [];
  const settings: KeepingSettings = {
    ...{ maxBytes: undefined, lowWater: 0.5, idleSeconds: undefined, pins: [], minFreeBytes: 100 },
    ...{ spoolDirectory: "/spool", ...chosen },
  };
  const keeper = new CacheKeeper({
    ...{ mirror: metadata.mirror, settings, readingGraceMilliseconds: 60_000, now: () => clock.now },
    ...{ onProblem: (error) => problems.push(error), freeBytes: async () => 1_000_000, ...more },
  });
  const { content } = metadata.mirror;
  return {
    ...{ keeper, metadata, clock, settings, problems },
    cacheImage: async (repository, name, bytes, tags = []) => {
      const layer = `layer of ${name}`;
      const references = [needsBlob(digestFor(layer))];
      const image = manifestOf(repository, name, { references, tags, now: clock.now });
      await content.commitManifest(image);
      const blob = sizedBlob(layer, bytes, `of ${repository} at ${clock.now}`);
      await content.commitBlob({ repository, blob, now: clock.now });
      return image.digest;
    },
    held: async (repository, ...names) => {
      const found = await Promise.all(
        names.map((name) => metadata.manifests.findByDigest(repository, digestFor(name))),
      );
      return names.filter((_, index) => found[index] !== undefined);
    },
    usedBytes: async () => (await metadata.mirror.eviction.usage()).bytes,
    close: async () => {
      await keeper.close();
      await metadata.close();
    },
  };
}
