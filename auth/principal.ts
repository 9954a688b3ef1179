// Who is asking.

export interface Anonymous {
  readonly kind: "anonymous";
}

/** Somebody with an account here. */
export interface AccountHolder {
  readonly kind: "user" | "robot";
  readonly id: string;
  readonly name: string;
}

/** Somebody whom the token server of others vouches for (`auth.mode: token`). */
export interface External {
  readonly kind: "external";
  readonly subject: string;
}

export type Principal = Anonymous | AccountHolder | External;

export const anonymous: Anonymous = { kind: "anonymous" };

/** The same text for the same principal, whatever it is called: who owns an upload session. */
export function principalKey(principal: Principal): string {
  switch (principal.kind) {
    case "anonymous":
      return "anonymous";
    case "user":
    case "robot":
      return `${principal.kind}:${principal.id}`;
    case "external":
      return `external:${principal.subject}`;
  }
}

/** What the audit trail and people call it. */
export function principalName(principal: Principal): string {
  switch (principal.kind) {
    case "anonymous":
      return "anonymous";
    case "user":
    case "robot":
      return principal.name;
    case "external":
      return principal.subject;
  }
}
