// Removes what grants nothing any more: secrets and signing keys that expired, and entries of the audit trail that are
// older than they have to be kept.
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { Job } from "./job.ts";

export interface ExpiredAccessParts {
  readonly metadata: MetadataStore;
  readonly everySeconds: number;
  /** How long an entry of the audit trail is kept. */
  readonly auditSeconds: number;
  readonly now: () => number;
}

/** Rows in one transaction: others write in between. */
const batch = 500;

export class ExpiredAccess implements Job {
  readonly name = "expired-access";
  readonly everySeconds: number;
  readonly #parts: ExpiredAccessParts;

  constructor(parts: ExpiredAccessParts) {
    this.#parts = parts;
    this.everySeconds = parts.everySeconds;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { auditSeconds, now } = this.#parts;
    const { secrets, signingKeys, audit } = this.#parts.metadata.access;
    const start = now();
    await inBatches(signal, () => secrets.deleteExpired(start, batch));
    if (!signal.aborted) await signingKeys.deleteExpired(start);
    await inBatches(signal, () => audit.prune(start - auditSeconds * 1000, batch));
  }
}

/** @param remove removes at most `batch` rows and says how many */
async function inBatches(signal: AbortSignal, remove: () => Promise<number>): Promise<void> {
  while (!signal.aborted && (await remove()) === batch);
}
