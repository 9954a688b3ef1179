// What a mirror tells whoever counts and logs. A value that is called: nothing here knows of metrics or loggers.
import type { CacheNote } from "../registry/registry.ts";
import type { RemoteError } from "../remote/remote-error.ts";
import type { UpstreamCall } from "./ordered-sources.ts";

export type MirrorAnswer = CacheNote["outcome"] | "absent" | "refused";

export interface MirrorEvents {
  /** A client's question was answered; of one that was stale, why. */
  answered(upstream: string, outcome: MirrorAnswer, staleReason?: string): void;
  /** One call to one source ended, and whoever asked was there to see it. */
  asked(upstream: string, call: UpstreamCall, error: RemoteError | undefined): void;
}
