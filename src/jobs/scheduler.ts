// Runs each job again and again, never twice at once, and waits for the running ones when it is closed.
import type { Logger } from "../observability/logger.ts";
import type { Job } from "./job.ts";

export interface Scheduler {
  close(): Promise<void>;
}

/** @param options without `upkeep` only what each process has to look after by itself */
export function startScheduler(
  jobs: readonly Job[],
  logger: Logger,
  { upkeep } = { upkeep: true },
): Scheduler {
  const stop = new AbortController();
  const ours = jobs.filter(({ inEachProcess = false }) => upkeep || inEachProcess);
  const loops = ours.map((job) => repeat(job, logger, stop.signal));
  return {
    close: async () => {
      stop.abort();
      await Promise.all(loops);
    },
  };
}

async function repeat(job: Job, logger: Logger, signal: AbortSignal): Promise<void> {
  while (await pause(job.everySeconds, signal)) {
    try {
      await job.run(signal);
    } catch (error) {
      if (!signal.aborted) logger.error({ err: error, job: job.name }, "job failed; it will be tried again");
    }
  }
}

/** False when there is no next time. */
function pause(seconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const stop = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve(true);
    }, seconds * 1000);
    signal.addEventListener("abort", stop, { once: true });
  });
}
