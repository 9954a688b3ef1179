// Waiting for a lock without holding the event loop: SQLite's own busy timeout sleeps the whole process.
import { setTimeout as delay } from "node:timers/promises";
import { isBusy, translateSqliteError } from "./sqlite-errors.ts";

const longestPauseMilliseconds = 50;

/** Waits a little, for a random time, so that waiting processes do not try in step. */
export async function pauseWhileBusy(): Promise<void> {
  await delay(1 + Math.random() * longestPauseMilliseconds);
}

/**
 * Calls `attempt` at once, and again while the database is busy, for at most `limitMilliseconds`.
 * @throws StorageError `busy` when the time is over, `full` when there is no room; else what `attempt` threw.
 */
export async function retryWhileBusy<T>(limitMilliseconds: number, attempt: () => T): Promise<T> {
  const deadline = performance.now() + limitMilliseconds;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw translateSqliteError(error);
    }
    await pauseWhileBusy();
  }
}
