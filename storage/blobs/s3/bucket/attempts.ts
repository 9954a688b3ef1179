// Tries a request again while that may help, with pauses that are drawn at random so that many do not come back at once.
import { StorageError } from "../../../storage-error.ts";
import type { Circuit } from "./circuit.ts";
import { isForbidden, isNoRoom, isTransient, s3FailureOf, type S3Failure } from "./s3-failure.ts";
import type { S3Patience } from "../s3-options.ts";

const longestPauseMilliseconds = 5000;

export interface AttemptsParts {
  readonly circuit: Circuit;
  readonly patience: S3Patience;
  /** 0 up to 1, as Math.random. */
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
}

export class Attempts {
  readonly #parts: AttemptsParts;

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  /**
   * @param limitMilliseconds for one try; its signal ends it then
   * @throws StorageError `busy` when the endpoint does not answer or the keys do not do, `full` when it has no room;
   *   S3Failure for any other refusal
   */
  async run<T>(
    operation: string,
    limitMilliseconds: number,
    request: (limit: AbortController) => Promise<T>,
  ): Promise<T> {
    const { circuit, patience } = this.#parts;
    for (let attempt = 1; ; attempt += 1) {
      circuit.enter();
      try {
        const result = await withLimit(limitMilliseconds, request);
        circuit.succeeded();
        return result;
      } catch (error) {
        const failure = s3FailureOf(operation, error);
        if (!isTransient(failure)) {
          circuit.succeeded();
          throw inOurWords(failure);
        }
        circuit.failed(failure);
        if (attempt >= patience.attempts)
          throw new StorageError("busy", "the object store does not answer", { cause: failure });
      }
      await this.pause(attempt);
    }
  }

  /** Between the tries number `attempt` and the next. */
  async pause(attempt: number): Promise<void> {
    const { patience, random, sleep } = this.#parts;
    const longest = Math.min(longestPauseMilliseconds, patience.pauseMilliseconds * 2 ** (attempt - 1));
    await sleep(Math.ceil(longest * random()));
  }
}

/** Keys that do not do are replaced sooner or later: until then nothing is over, and nothing is known to be absent. */
function inOurWords(failure: S3Failure): StorageError | S3Failure {
  if (isNoRoom(failure)) return new StorageError("full", "no room is left in the bucket", { cause: failure });
  if (isForbidden(failure))
    return new StorageError("busy", "the object store refuses the credentials, or what they may do", {
      cause: failure,
    });
  return failure;
}

async function withLimit<T>(
  milliseconds: number,
  request: (limit: AbortController) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), milliseconds);
  try {
    return await request(limit);
  } finally {
    clearTimeout(timer);
  }
}
