// Rules for manifests: the digest must agree, what it names must be there, tags move in the same step.
import { setImmediate as nextTurn } from "node:timers/promises";
import { algorithmOf, digestOf, type Digest } from "../../storage/digest.ts";
import type {
  ManifestCommit,
  ManifestCommitResult,
  MetadataStore,
} from "../../storage/metadata/metadata-store.ts";
import { parseManifest, type ParsedManifest } from "../oci/manifest.ts";
import { shapeOf } from "../oci/media-types.ts";
import { OciError } from "../oci/oci-error.ts";
import type { Reference, Tag } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { Pull } from "./pull-notes.ts";
import type { ImmutableTags } from "../policies/immutable-tags.ts";
import type { Look, ManifestPut, Manifests, PutManifest, StoredManifest } from "./registry.ts";
import type { Quotas } from "./quotas.ts";
import type { RoomForPushes } from "./room-for-pushes.ts";
import { tagImmutable } from "./tag-immutable.ts";
import type { Touches } from "./touches.ts";

const turnBytes = 256 * 1024;

export interface LocalManifestsParts {
  readonly metadata: MetadataStore;
  readonly touches: Touches;
  readonly room: RoomForPushes;
  readonly quotas: Quotas;
  readonly immutableTags: ImmutableTags;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onPull?: ((pull: Pull) => void) | undefined;
}

export class LocalManifests implements Manifests {
  readonly #metadata: MetadataStore;
  readonly #touches: Touches;
  readonly #room: RoomForPushes;
  readonly #quotas: Quotas;
  readonly #immutableTags: ImmutableTags;
  readonly #now: () => number;
  readonly #onPull: ((pull: Pull) => void) | undefined;

  constructor({ metadata, touches, room, quotas, immutableTags, now, onPull }: LocalManifestsParts) {
    this.#metadata = metadata;
    this.#touches = touches;
    this.#room = room;
    this.#quotas = quotas;
    this.#immutableTags = immutableTags;
    this.#now = now;
    this.#onPull = onPull;
  }

  /**
   * What is found is pulled, also by HEAD: clients that have it look so whether it is still the same. Who looks for a
   * digest before pushing does not want that manifest, but to leave it out.
   */
  async find(
    repository: RepositoryName,
    reference: Reference,
    look: Look = {},
  ): Promise<StoredManifest | undefined> {
    const found = await this.#find(repository, reference, look);
    const isPull = reference.kind === "tag" || look.beforePush !== true;
    if (found !== undefined && isPull) {
      const tag = reference.kind === "tag" ? reference.tag : undefined;
      this.#onPull?.({ repository, digest: found.digest, tag });
    }
    return found;
  }

  /** A tag needs no touch: what it stands for stays for a grace after the tag is deleted. */
  async #find(
    repository: RepositoryName,
    reference: Reference,
    { beforePush = false }: Look,
  ): Promise<StoredManifest | undefined> {
    if (reference.kind === "tag") return this.#metadata.manifests.findByTag(repository, reference.tag);
    const { digest } = reference;
    const found = await this.#metadata.manifests.findByDigest(repository, digest);
    if (found === undefined || !beforePush) return found;
    return (await this.#touches.touch(repository, digest)) ? found : undefined;
  }

  async announce(_repository: RepositoryName, bytes: number): Promise<void> {
    await this.#room.demand(bytes);
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
    const manifest = await this.#parse(repository, digest, put);
    const tags = reference.kind === "tag" ? [reference.tag, ...put.tags] : put.tags;
    const result = await this.#metadata.manifests.commit({
      repository,
      digest,
      bytes: put.bytes,
      ...manifest,
      referencePolicy: "required",
      tags: [...new Set(tags)],
      precondition: preconditionOn(reference, put.precondition),
      isImmutable: this.#isImmutableIn(repository),
      quota: this.#quotas.rules,
      by: put.by,
      now: this.#now(),
    });
    if (result.outcome === "over-quota") throw await this.#quotas.refusal(result.breach);
    refuseUnlessCommitted(result, (tag) => this.#immutableTags(repository, tag) ?? "");
    return { digest, subject: manifest.subject };
  }

  async delete(...[repository, reference, only, by]: Parameters<Manifests["delete"]>): Promise<void> {
    if (reference.kind === "tag") return this.#deleteTag(repository, reference.tag, only, by);
    if (only?.includes(reference.digest) === false) throw preconditionFailed(reference.digest);
    const isImmutable = this.#isImmutableIn(repository);
    const removal = { by, isImmutable };
    const result = await this.#metadata.manifests.delete(repository, reference.digest, this.#now(), removal);
    switch (result.outcome) {
      case "deleted":
        return;
      case "absent":
        throw new OciError("manifestUnknown", { detail: { digest: reference.digest } });
      case "needed":
        throw new OciError("manifestNeeded", { detail: { digest: reference.digest, neededBy: result.by } });
      case "immutable":
        throw tagImmutable(result.tag, this.#immutableTags(repository, result.tag) ?? "", reference.digest);
    }
  }

  #isImmutableIn(repository: RepositoryName): (tag: string) => boolean {
    return (tag) => this.#immutableTags(repository, tag) !== undefined;
  }

  async #deleteTag(
    repository: RepositoryName,
    tag: Tag,
    only: readonly Digest[] | undefined,
    by: string | undefined,
  ): Promise<void> {
    const rule = this.#immutableTags(repository, tag);
    const isFree = rule === undefined;
    if (isFree && (await this.#metadata.tags.delete(repository, tag, this.#now(), only, { by }))) return;
    const current = await this.#metadata.manifests.findByTag(repository, tag);
    if (current === undefined) throw new OciError("manifestUnknown", { detail: { tag } });
    if (rule !== undefined) throw tagImmutable(tag, rule, current.digest);
    throw preconditionFailed(current.digest);
  }

  /**
   * What a manifest without a `mediaType` is was said by a header, so the same bytes may come again under a type that
   * nobody knows. That must not change what the tags at them answer, or what they refer to.
   */
  async #parse(
    repository: RepositoryName,
    digest: Digest,
    { bytes, contentType }: ManifestPut,
  ): Promise<ParsedManifest> {
    const manifest = parseManifest(bytes, contentType);
    if (shapeOf(manifest.mediaType) !== "unknown") return manifest;
    const known = await this.#metadata.manifests.findByDigest(repository, digest);
    return known && shapeOf(known.mediaType) !== "unknown" ? parseManifest(bytes, known.mediaType) : manifest;
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

function refuseUnlessCommitted(
  result: Exclude<ManifestCommitResult, { outcome: "over-quota" }>,
  ruleOf: (tag: string) => string,
): void {
  switch (result.outcome) {
    case "committed":
      return;
    case "missing":
      throw new OciError("manifestReferenceUnknown", { detail: { missing: result.digests } });
    case "precondition-failed":
      throw preconditionFailed(result.current);
    case "immutable":
      throw tagImmutable(result.tag, ruleOf(result.tag), result.current);
  }
}

function preconditionFailed(current: Digest | undefined): OciError {
  return new OciError("preconditionFailed", {
    detail: { current: current ?? null },
    headers: current ? { etag: `"${current}"` } : {},
  });
}
