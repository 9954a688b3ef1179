// Waiting for what goes on without us: whoever leaves stops waiting, and the work itself goes on for the others.

/** Settles as `work` does, or rejects with the signal's reason as soon as that is aborted. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // It may fail when nobody waits any more.
  work.catch(() => undefined);
  signal.throwIfAborted();
  let leave: () => void = () => undefined;
  const gone = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([work, gone]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
