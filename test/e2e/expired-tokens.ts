// Tokens that Berth itself would have signed some time ago, and an end to those that it signed. Of its own, because both
// take its keys out of its database: waiting for a token to expire costs minutes.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { AccessRevision } from "../../auth/access-revision.ts";
import { parseScopes } from "../../auth/scope.ts";
import { SigningKeys } from "../../auth/tokens/signing-keys.ts";
import { TokenIssuer } from "../../auth/tokens/token-issuer.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";

export interface OldToken {
  /** Berth's data directory. */
  data: string;
  account: string;
  /** As in a request to the token server. */
  scope: string;
  /** How long ago it was issued. */
  agoSeconds: number;
  /** auth.accounts.tokenSeconds of the registry. */
  tokenSeconds: number;
}

export async function issueOldToken(old: OldToken): Promise<string> {
  const store = await openMetadataStore({ kind: "sqlite", path: join(old.data, "berth.sqlite") });
  const { access } = store;
  const revision = await AccessRevision.open(access);
  try {
    const account = await access.accounts.find(old.account);
    if (account === undefined) throw new Error(`there is no account ${old.account}`);
    const keys = await SigningKeys.open({
      ...{ store: access.signingKeys, algorithm: "ES256", revision, now: Date.now },
      rotationSeconds: 30 * 86_400,
      tokenSeconds: old.tokenSeconds,
    });
    const issuer = new TokenIssuer({
      ...{ issuer: "berth", service: "berth", tokenSeconds: old.tokenSeconds, keys, newId: randomUUID },
      now: () => Date.now() - old.agoSeconds * 1000,
    });
    const { kind, id, name } = account;
    const { token } = await issuer.issue({ principal: { kind, id, name }, scopes: parseScopes([old.scope]) });
    return token;
  } finally {
    revision.close();
    await store.close();
  }
}

/** Makes all tokens void that Berth gave out until now, whatever they say: the keys that signed them are gone. */
export async function endTokens(data: string): Promise<void> {
  const store = await openMetadataStore({ kind: "sqlite", path: join(data, "berth.sqlite") });
  try {
    await store.access.signingKeys.deleteExpired(Number.MAX_SAFE_INTEGER);
  } finally {
    await store.close();
  }
}
