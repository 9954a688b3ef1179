// What a check of the store saw and found, in numbers that stay small whatever is found.
import type { Locator } from "../../../storage/blobs/stored-object.ts";
import type { Digest } from "../../../storage/digest.ts";
import type { UsageMismatch } from "../../../storage/metadata/integrity-store.ts";
import type { StoredBlobRecord } from "../../../storage/metadata/records.ts";
import type { Damage } from "./examine-blob.ts";
import type { Concerned, Mended } from "./mend-blob.ts";

export type Finding =
  /** An object that no row knows. */
  | { readonly kind: "orphan"; readonly locator: Locator; readonly size: number }
  /** A blob whose object is not there, of another size, of other bytes, or not to be read. */
  | (Damage &
      Concerned &
      Partial<Mended> & { readonly digest: Digest; readonly locator: Locator; readonly size: number })
  /** A blob that was damaged, and whose bytes are there and right: somebody brought them back. */
  | { readonly kind: "recovered"; readonly digest: Digest; readonly locator: Locator; readonly size: number }
  /** A manifest whose bytes, in the database, are not those of its digest. */
  | { readonly kind: "manifest"; readonly digest: Digest; readonly repositories: readonly string[] }
  /** A figure of usage that is not what it counts. */
  | { readonly kind: "usage"; readonly of: UsageMismatch["of"]; readonly name: string };

export type FindingKind = Finding["kind"] | "unhinted";

/** All of a report that is told to others, by whatever way. */
export type FsckSummary = Pick<
  FsckReport,
  | "objects"
  | "objectBytes"
  | "blobs"
  | "manifests"
  | "readBytes"
  | "damaged"
  | "counts"
  | "orphanBytes"
  | "repaired"
  | "staleUploads"
  | "quarantined"
  | "findings"
>;

export interface FsckProgress {
  readonly objects: number;
  readonly blobs: number;
  readonly manifests: number;
  /** Of objects, as listed. */
  readonly bytes: number;
  /** To hash them. */
  readonly readBytes: number;
  readonly found: number;
}

/** Findings that are named; the others are counted. */
const maxNamed = 1000;

export class FsckReport {
  objects = 0;
  objectBytes = 0;
  blobs = 0;
  manifests = 0;
  readBytes = 0;
  /** Known to be damaged before: absent until they are pushed again. */
  damaged = 0;
  readonly counts: Record<FindingKind, number> = {
    ...{ orphan: 0, missing: 0, "wrong-size": 0, "wrong-digest": 0, unreadable: 0 },
    ...{ recovered: 0, manifest: 0, usage: 0, unhinted: 0 },
  };
  orphanBytes = 0;
  /** Whether what was found was mended as well. */
  repaired = false;
  /** Forgotten uploads that were removed; undefined when nobody looked for them. */
  staleUploads: number | undefined;
  /** What is kept apart, by this check and those before. */
  quarantined = { objects: 0, bytes: 0 };
  /** The first thousand. */
  readonly findings: Finding[] = [];
  readonly #onProgress: ((progress: FsckProgress) => void) | undefined;

  constructor(onProgress?: (progress: FsckProgress) => void) {
    this.#onProgress = onProgress;
  }

  /** How much does not agree. */
  get found(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  summary(): FsckSummary {
    const { objects, objectBytes, blobs, manifests, readBytes, damaged, orphanBytes, repaired } = this;
    const { counts, staleUploads, quarantined, findings } = this;
    return {
      ...{ objects, objectBytes, blobs, manifests, readBytes, damaged, orphanBytes, repaired },
      ...{ counts: { ...counts }, staleUploads, quarantined, findings: [...findings] },
    };
  }

  sawObject(size: number): void {
    this.objects += 1;
    this.objectBytes += size;
    this.#tell();
  }

  sawBlob(state: StoredBlobRecord["state"]): void {
    this.blobs += 1;
    if (state === "damaged") this.damaged += 1;
    this.#tell();
  }

  sawManifests(count: number): void {
    this.manifests += count;
    this.#tell();
  }

  read(bytes: number): void {
    this.readBytes += bytes;
    this.#tell();
  }

  add(finding: Finding): void {
    this.counts[finding.kind] += 1;
    if (finding.kind === "orphan") this.orphanBytes += finding.size;
    if (this.findings.length < maxNamed) this.findings.push(finding);
    this.#tell();
  }

  /** Links and blobs that nobody needs, and that the collector would not come by. */
  addUnhinted(count: number): void {
    this.counts.unhinted += count;
    this.#tell();
  }

  #tell(): void {
    const { objects, blobs, manifests, objectBytes: bytes, readBytes, found } = this;
    this.#onProgress?.({ objects, blobs, manifests, bytes, readBytes, found });
  }
}
