// An access token as commands print it: everything but the token.
import type { SecretView } from "../../../auth/accounts/secret-view.ts";
import { timeOf, type Document } from "../output/document.ts";

export function tokenDocument({
  id,
  label,
  actions,
  createdAt,
  expiresAt,
  lastUsedAt,
}: SecretView): Document {
  return {
    id,
    label,
    actions,
    createdAt: timeOf(createdAt),
    expiresAt: timeOf(expiresAt),
    lastUsedAt: timeOf(lastUsedAt),
  };
}
