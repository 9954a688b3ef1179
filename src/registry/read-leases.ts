// Leases of objects that are read for long, so that their bytes stay until the last reader is done, in whatever process
// the collector runs. Short reads write nothing: one timer, while there are readers at all, takes leases for the old ones.
import type { BlobBody, Locator } from "../../storage/blobs/stored-object.ts";
import type { ObjectLeases } from "../../storage/metadata/metadata-store.ts";

export interface ReadLeasesParts {
  readonly leases: ObjectLeases;
  /** Names this process. */
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly times?: LeaseTimes;
}

export interface LeaseTimes {
  /** How often the timer looks. */
  readonly lookMilliseconds: number;
  /** A read that is older takes a lease. With the time of a look it is less than bytes wait before they are deleted. */
  readonly afterMilliseconds: number;
  readonly renewMilliseconds: number;
  readonly leaseMilliseconds: number;
}

const usualTimes: LeaseTimes = {
  lookMilliseconds: 10_000,
  afterMilliseconds: 30_000,
  renewMilliseconds: 60_000,
  leaseMilliseconds: 120_000,
};

interface Reading {
  readers: number;
  readonly since: number;
  leasedAt: number | undefined;
}

export class ReadLeases {
  readonly #parts: ReadLeasesParts;
  readonly #times: LeaseTimes;
  readonly #readings = new Map<Locator, Reading>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ReadLeasesParts) {
    this.#parts = parts;
    this.#times = parts.times ?? usualTimes;
  }

  /** The same body, whose object has a lease while it is read for long. */
  hold(locator: Locator, body: BlobBody): BlobBody {
    const end = this.#begin(locator);
    return {
      size: body.size,
      stream: () => body.stream().once("close", end),
      writeTo: async (destination, signal) => {
        try {
          await body.writeTo(destination, signal);
        } finally {
          end();
        }
      },
      close: async () => {
        end();
        await body.close();
      },
    };
  }

  #begin(locator: Locator): () => void {
    const reading = this.#readings.get(locator) ?? {
      readers: 0,
      since: this.#parts.now(),
      leasedAt: undefined,
    };
    reading.readers += 1;
    this.#readings.set(locator, reading);
    this.#timer ??= setInterval(() => this.#look(), this.#times.lookMilliseconds).unref();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#end(locator, reading);
    };
  }

  #end(locator: Locator, reading: Reading): void {
    reading.readers -= 1;
    if (reading.readers > 0) return;
    this.#readings.delete(locator);
    if (this.#readings.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (reading.leasedAt !== undefined)
      this.#settle(this.#parts.leases.release([locator], this.#parts.holder));
  }

  #look(): void {
    const { leases, holder, now } = this.#parts;
    const { afterMilliseconds, renewMilliseconds, leaseMilliseconds } = this.#times;
    const at = now();
    const due = [...this.#readings].filter(([, { since, leasedAt }]) =>
      leasedAt === undefined ? at - since >= afterMilliseconds : at - leasedAt >= renewMilliseconds,
    );
    if (due.length === 0) return;
    const taken = leases.take(
      due.map(([locator]) => locator),
      holder,
      at + leaseMilliseconds,
      at,
    );
    for (const [, reading] of due) reading.leasedAt = at;
    this.#settle(
      taken.catch((error: unknown) => {
        // the next look tries again
        for (const [, reading] of due) reading.leasedAt = undefined;
        throw error;
      }),
    );
  }

  /** Nobody waits for it. A lease that could not be taken is tried again, one that was not given back runs out. */
  #settle(work: Promise<void>): void {
    work.catch(() => undefined);
  }
}
