// The rows that say who may do what, as the rest of Berth sees them. Times are milliseconds since 1970.

/** What a member may do in a project; each role includes the ones before it. */
export const roles = ["guest", "developer", "maintainer"] as const;
export type Role = (typeof roles)[number];

/** Users and robots share one space of names: a client logs in by name alone. */
export interface AccountRecord {
  readonly id: string;
  readonly kind: "user" | "robot";
  readonly name: string;
  readonly description: string;
  readonly disabled: boolean;
  readonly createdAt: number;
  /** Whether a push to a project that does not exist creates it. */
  readonly mayCreateProjects: boolean;
  /** Users: may do everything. */
  readonly systemAdmin: boolean;
  /** Users: argon2id in PHC form; undefined for a user who can't log in by password. */
  readonly passwordHash: string | undefined;
  /** Robots: the one project they work in; undefined is every project. */
  readonly project: string | undefined;
  /** Robots: what they may do there: pull, push, delete. */
  readonly actions: readonly string[];
  /** Robots: not valid from then on. */
  readonly expiresAt: number | undefined;
}

/** personal: a user's access token; robot: a robot's; refresh: what a login by password was given (OAuth2). */
export type SecretKind = "personal" | "robot" | "refresh";

/** How exactly a secret remembers its last use: a busy robot must not cause a write for every pull. */
export const useStepMilliseconds = 15 * 60_000;

export interface SecretRecord {
  readonly id: string;
  readonly accountId: string;
  readonly kind: SecretKind;
  readonly label: string;
  /** SHA-256 of the secret. The secret itself is kept nowhere. */
  readonly hash: Buffer;
  /** Actions that it is limited to; undefined is all that its account may do. */
  readonly actions: readonly string[] | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  /** To {@link useStepMilliseconds}. */
  readonly lastUsedAt: number | undefined;
}

/** The first segment of a repository's name is its project. */
export interface ProjectRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Everybody may pull, also without an account. */
  readonly public: boolean;
  readonly createdAt: number;
  /** What its repositories may hold; undefined is no limit. */
  readonly maxBytes?: number | undefined;
}

/** Somebody with a role in a project, by name. */
export interface MemberRecord {
  readonly kind: "account" | "group";
  readonly name: string;
  readonly role: Role;
}

export interface GroupRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: number;
}

export interface SigningKeyRecord {
  /** The key's id in a token's header. */
  readonly kid: string;
  readonly algorithm: "ES256" | "RS256";
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  readonly createdAt: number;
  /** No token that it signed is valid from then on. */
  readonly expiresAt: number;
}

/** One line of the audit trail. Never holds a password, a secret or a token. */
export interface AuditRecord {
  readonly at: number;
  /** Name of the account, `anonymous`, or `cli:<system user>`. */
  readonly actor: string;
  /** Such as `login`, `access`, `user.create`. */
  readonly action: string;
  /** What it was done to: an account, a project, a repository. */
  readonly target: string;
  readonly outcome: "allowed" | "refused" | "failed";
  /** Why, or what changed, in words. */
  readonly detail: string;
  readonly address: string | undefined;
  readonly requestId: string | undefined;
}
