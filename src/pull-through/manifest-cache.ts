// Manifests of upstreams, their bytes kept as they came (REQ-44). What they name is fetched when somebody asks for it (REQ-39).
import { setImmediate as nextTurn } from "node:timers/promises";
import type { MirrorStore } from "../../storage/metadata/mirror-store.ts";
import { parseManifest, type ParsedManifest } from "../oci/manifest.ts";
import { OciError } from "../oci/oci-error.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { StoredManifest } from "../registry/registry.ts";
import type { RemoteManifest } from "../remote/upstream.ts";

const turnBytes = 256 * 1024;
const kept = { outcome: "miss", ageSeconds: 0 } as const;
const passed = { outcome: "passed", ageSeconds: 0 } as const;

export class ManifestCache {
  readonly #mirror: Pick<MirrorStore, "content">;
  readonly #now: () => number;

  constructor(mirror: Pick<MirrorStore, "content">, now: () => number) {
    this.#mirror = mirror;
    this.#now = now;
  }

  /**
   * Keeps it with its tags, as confirmed now. One that is no manifest by any rule passes through: clients judge what
   * upstreams publish, and what can't be read can't be kept with what it names.
   */
  async keep(
    repository: RepositoryName,
    { digest, mediaType, bytes }: RemoteManifest,
    tags: readonly string[],
  ): Promise<StoredManifest> {
    if (bytes.length > turnBytes) await nextTurn();
    const parsed = readable(bytes, mediaType);
    if (parsed === undefined) return { digest, mediaType, bytes, cache: passed };
    await this.#mirror.content.commitManifest({
      repository,
      digest,
      bytes,
      ...parsed,
      tags,
      now: this.#now(),
    });
    return { digest, mediaType: parsed.mediaType, bytes, cache: kept };
  }
}

/**
 * The digest vouches for the bytes and not for the Content-Type, which any source on the way may have made up. So the bytes
 * decide: by their `mediaType`, else by their shape, which without that field is OCI's alone (Docker's types demand it).
 * Only of what has neither, schema 1 and types that nobody here knows, is the Content-Type taken: nothing else tells, the
 * shapes that clients run can't be passed off so, and whoever wants such content names its type himself.
 */
function readable(bytes: Buffer, sentType: string): ParsedManifest | undefined {
  return parsedAs(undefined, bytes) ?? parsedAs(sentType, bytes);
}

function parsedAs(mediaType: string | undefined, bytes: Buffer): ParsedManifest | undefined {
  try {
    return parseManifest(bytes, mediaType);
  } catch (error) {
    if (error instanceof OciError) return undefined;
    throw error;
  }
}
