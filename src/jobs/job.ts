// Background work: bounded, repeatable, safe to run twice or in several processes at once.

export interface Job {
  readonly name: string;
  readonly everySeconds: number;
  /** Does what there is to do now and returns; ends early, cleanly, when `signal` fires. */
  run(signal: AbortSignal): Promise<void>;
}
