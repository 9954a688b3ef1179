// What callers are told about a secret after the one time that it was shown: when it was made, what it is for, when it
// was used. Its hash stays with the services.
import type { SecretRecord } from "../../storage/metadata/access-records.ts";
import type { RepositoryAction } from "../access.ts";
import { knownActions } from "./input-rules.ts";

export interface SecretView {
  readonly id: string;
  readonly label: string;
  /** undefined: all that its account may do. */
  readonly actions: readonly RepositoryAction[] | undefined;
  /** Milliseconds since 1970, as are the others. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  /** To the quarter of an hour. */
  readonly lastUsedAt: number | undefined;
}

export function secretView(secret: SecretRecord): SecretView {
  const { id, label, createdAt, expiresAt, lastUsedAt } = secret;
  return {
    id,
    label,
    actions: secret.actions && knownActions(secret.actions),
    createdAt,
    expiresAt,
    lastUsedAt,
  };
}
