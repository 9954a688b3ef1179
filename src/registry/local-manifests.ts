// Rules for manifests: the digest must agree, what it names must be there, tags move in the same step.
import { setImmediate as nextTurn } from "node:timers/promises";
import { algorithmOf, digestOf } from "../../storage/digest.ts";
import type {
  ManifestCommit,
  ManifestCommitResult,
  MetadataStore,
} from "../../storage/metadata/metadata-store.ts";
import { parseManifest } from "../oci/manifest.ts";
import { OciError } from "../oci/oci-error.ts";
import type { Reference } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { ManifestPut, Manifests, PutManifest, StoredManifest } from "./registry.ts";

const turnBytes = 256 * 1024;

export class LocalManifests implements Manifests {
  readonly #metadata: MetadataStore;
  readonly #now: () => number;

  constructor(metadata: MetadataStore, now: () => number) {
    this.#metadata = metadata;
    this.#now = now;
  }

  async find(repository: RepositoryName, reference: Reference): Promise<StoredManifest | undefined> {
    return reference.kind === "tag"
      ? this.#metadata.manifests.findByTag(repository, reference.tag)
      : this.#metadata.manifests.findByDigest(repository, reference.digest);
  }

  async put(repository: RepositoryName, reference: Reference, put: ManifestPut): Promise<PutManifest> {
    const digest = digestOf(
      put.bytes,
      reference.kind === "digest" ? algorithmOf(reference.digest) : "sha256",
    );
    if (reference.kind === "digest" && reference.digest !== digest) {
      throw new OciError("digestMismatch", { detail: { expected: reference.digest, actual: digest } });
    }
    // Hashing and reading 4 MiB take a moment each: others get their turn in between.
    if (put.bytes.length > turnBytes) await nextTurn();
    const manifest = parseManifest(put.bytes, put.contentType);
    const tags = reference.kind === "tag" ? [reference.tag, ...put.tags] : put.tags;
    const result = await this.#metadata.manifests.commit({
      repository,
      digest,
      bytes: put.bytes,
      ...manifest,
      referencePolicy: "required",
      tags: [...new Set(tags)],
      precondition: preconditionOn(reference, put.precondition),
      now: this.#now(),
    });
    refuseUnlessCommitted(result);
    return { digest, subject: manifest.subject };
  }

  async delete(repository: RepositoryName, reference: Reference): Promise<void> {
    if (reference.kind === "tag") {
      const deleted = await this.#metadata.tags.delete(repository, reference.tag);
      if (!deleted) throw new OciError("manifestUnknown", { detail: { tag: reference.tag } });
      return;
    }
    const result = await this.#metadata.manifests.delete(repository, reference.digest);
    switch (result.outcome) {
      case "deleted":
        return;
      case "absent":
        throw new OciError("manifestUnknown", { detail: { digest: reference.digest } });
      case "needed":
        throw new OciError("manifestNeeded", { detail: { digest: reference.digest, neededBy: result.by } });
    }
  }
}

/** A condition is about the resource that the request names: the tag, or the manifest under its digest. */
function preconditionOn(
  reference: Reference,
  demand: ManifestPut["precondition"],
): ManifestCommit["precondition"] {
  if (demand === undefined) return undefined;
  return reference.kind === "tag" ? { tag: reference.tag, demand } : { demand };
}

function refuseUnlessCommitted(result: ManifestCommitResult): void {
  switch (result.outcome) {
    case "committed":
      return;
    case "missing":
      throw new OciError("manifestReferenceUnknown", { detail: { missing: result.digests } });
    case "precondition-failed":
      throw new OciError("preconditionFailed", {
        detail: { current: result.current ?? null },
        headers: result.current ? { etag: `"${result.current}"` } : {},
      });
  }
}
