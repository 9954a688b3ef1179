// The audit trail as those who write it see it. Changes are written before they are acknowledged; logins and refusals
// in the background, in batches, and not without end for one network: an attack must neither stall logins nor fill the
// disk with its own record. Whoever writes, a secret that somebody put in the place of a name or a label stays out.
import { LRUCache } from "lru-cache";
import type { AuditRecord } from "../storage/metadata/access-records.ts";
import type { Audit } from "../storage/metadata/access-store.ts";
import { clientNetwork } from "./accounts/client-network.ts";
import { withoutSecrets } from "./accounts/secrets.ts";

export type TrailEntry = Omit<AuditRecord, "at">;

export interface AuditTrailOptions {
  readonly store: Pick<Audit, "append">;
  readonly now: () => number;
  /** Background entries of one network within a minute; the last one says that more are not listed. */
  readonly maxPerMinute?: number;
  /** Tells that entries could not be written. */
  readonly onProblem: (error: unknown) => void;
}

const maxWaiting = 10_000;
const batchEntries = 100;

export class AuditTrail {
  readonly #store: Pick<Audit, "append">;
  readonly #now: () => number;
  readonly #maxPerMinute: number;
  readonly #onProblem: (error: unknown) => void;
  readonly #counts = new LRUCache<string, { minute: number; count: number }>({ max: 10_000 });
  #waiting: AuditRecord[] = [];
  #writing: Promise<void> | undefined;

  constructor({ store, now, maxPerMinute = 120, onProblem }: AuditTrailOptions) {
    this.#store = store;
    this.#now = now;
    this.#maxPerMinute = maxPerMinute;
    this.#onProblem = onProblem;
  }

  /** Durable when it resolves. */
  write(entry: TrailEntry): Promise<void> {
    return this.#store.append([recordOf(entry, this.#now())]);
  }

  /** Returns at once. */
  note(entry: TrailEntry): void {
    const at = this.#now();
    const count = this.#countOf(clientNetwork(entry.address ?? ""), Math.floor(at / 60_000));
    if (count > this.#maxPerMinute || this.#waiting.length >= maxWaiting) return;
    const last = count === this.#maxPerMinute;
    const detail = last
      ? `${entry.detail} (more of this network within this minute are not listed)`
      : entry.detail;
    this.#waiting.push(recordOf({ ...entry, detail }, at));
    this.#writing ??= this.#drain();
  }

  /** Waits until everything noted is written, once more if it could not be before. */
  async close(): Promise<void> {
    await this.#writing;
    if (this.#waiting.length > 0) await this.#drain();
  }

  async #drain(): Promise<void> {
    // What is noted within this turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#waiting.length > 0) await this.#store.append(this.#waiting.splice(0, batchEntries));
    } catch (error) {
      this.#onProblem(error);
    } finally {
      this.#writing = undefined;
    }
  }

  #countOf(network: string, minute: number): number {
    const known = this.#counts.get(network);
    const count = known?.minute === minute ? known.count + 1 : 1;
    this.#counts.set(network, { minute, count });
    return count;
  }
}

function recordOf(entry: TrailEntry, at: number): AuditRecord {
  const [target, detail] = [withoutSecrets(entry.target), withoutSecrets(entry.detail)];
  return { ...entry, at, target, detail };
}
