// What a check of the storage saw and found, in numbers that stay small whatever is found.
import type { Locator } from "../../storage/blobs/stored-object.ts";
import type { Digest } from "../../storage/digest.ts";
import type { StoredBlobRecord } from "../../storage/metadata/records.ts";

export type Finding =
  /** An object that no row knows. */
  | { readonly kind: "orphan"; readonly locator: Locator; readonly size: number }
  /** A blob whose object is not there. */
  | { readonly kind: "missing"; readonly digest: Digest; readonly locator: Locator; readonly size: number }
  /** A blob whose object is of another size than its row says. */
  | {
      readonly kind: "wrong-size";
      readonly digest: Digest;
      readonly locator: Locator;
      readonly size: number;
      readonly storedSize: number;
    };

export interface CheckProgress {
  readonly objects: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly found: number;
}

/** Findings that are named; the others are counted. */
const maxNamed = 1000;

export class StorageCheckReport {
  objects = 0;
  objectBytes = 0;
  blobs = 0;
  /** Known to be damaged before: absent until they are pushed again. */
  damaged = 0;
  readonly counts = { orphan: 0, missing: 0, "wrong-size": 0 };
  orphanBytes = 0;
  /** Whether what was found was mended as well. */
  repaired = false;
  /** Forgotten uploads that were removed; undefined when nobody looked for them. */
  staleUploads: number | undefined;
  /** The first thousand. */
  readonly findings: Finding[] = [];
  readonly #onProgress: ((progress: CheckProgress) => void) | undefined;

  constructor(onProgress?: (progress: CheckProgress) => void) {
    this.#onProgress = onProgress;
  }

  /** How much does not agree. */
  get found(): number {
    return this.counts.orphan + this.counts.missing + this.counts["wrong-size"];
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

  add(finding: Finding): void {
    this.counts[finding.kind] += 1;
    if (finding.kind === "orphan") this.orphanBytes += finding.size;
    if (this.findings.length < maxNamed) this.findings.push(finding);
    this.#tell();
  }

  #tell(): void {
    const { objects, blobs, objectBytes: bytes, found } = this;
    this.#onProgress?.({ objects, blobs, bytes, found });
  }
}
