// Background work: bounded, repeatable, safe to run twice or in several processes at once.

export interface Job {
  readonly name: string;
  readonly everySeconds: number;
  /** It looks after what each process has of its own; any other job is done by one of a server's workers for all. */
  readonly inEachProcess?: boolean;
  /** Does what there is to do now and returns; ends early, cleanly, when `signal` fires. */
  run(signal: AbortSignal): Promise<void>;
}
