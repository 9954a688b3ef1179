// The seam between what a request shows and who is asking.
import type { Caller } from "./caller.ts";

export type Credentials =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly name: string; readonly secret: string }
  | { readonly kind: "bearer"; readonly token: string };

export interface Circumstances {
  /** The client's address, for the throttle. */
  readonly address: string;
  /** Accept a token that is good but for its expiry: on its own upload session alone (REQ-14). */
  readonly acceptExpired?: boolean;
  /**
   * Answer `later` rather than wait, and count a failure once, not each time that it is repeated: anonymous is good
   * enough for what is asked (REQ-47). It counts at all because else this would be the place to guess passwords.
   */
  readonly patience?: "none";
}

export type Authentication =
  | {
      readonly outcome: "accepted";
      readonly caller: Caller;
      /** Stands for the password that was shown, when it was one (accounts/password-mark.ts). */
      readonly password?: string;
    }
  /** In a sentence for the one who asked; never with what was shown. */
  | { readonly outcome: "refused"; readonly reason: string }
  /** Not judged: too many attempts. */
  | { readonly outcome: "later"; readonly retryAfterSeconds: number };

export interface Authenticator {
  /** Never throws for bad credentials; throws when they could not be judged because something failed. */
  authenticate(credentials: Credentials, circumstances: Circumstances): Promise<Authentication>;
}
