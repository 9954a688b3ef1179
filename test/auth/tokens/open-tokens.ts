// Keys, issuer and verifier on a real metadata store, with a clock and ids that the test decides.
import { onTestFinished } from "vitest";
import { AccessRevision } from "../../../auth/access-revision.ts";
import type { AccountHolder } from "../../../auth/principal.ts";
import type { Scope } from "../../../auth/scope.ts";
import { SigningKeys, type SigningKeysOptions } from "../../../auth/tokens/signing-keys.ts";
import { TokenIssuer } from "../../../auth/tokens/token-issuer.ts";
import { TokenVerifier } from "../../../auth/tokens/token-verifier.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";

/** Where the clock of a test begins. */
export const start = Date.UTC(2030, 0, 1);
export const tokenSeconds = 300;
export const rotationSeconds = 3600;

export const ann: AccountHolder = { kind: "user", id: "u1", name: "ann" };
export const pullApp: Scope = { type: "repository", name: "team/app", actions: ["pull"] };

export interface OpenTokensOptions extends Partial<
  Pick<SigningKeysOptions, "algorithm" | "rotationSeconds" | "tokenSeconds" | "uploadSeconds">
> {
  readonly path?: string;
  readonly maxRemembered?: number;
  readonly issuer?: string;
  readonly service?: string;
  /** For what a test does to the store before it is used. */
  readonly store?: (store: SigningKeysOptions["store"]) => SigningKeysOptions["store"];
}

export async function openTokens(options: OpenTokensOptions = {}) {
  const { path = ":memory:", issuer = "berth", service = "registry", maxRemembered } = options;
  const metadata = await openMetadataStore({ kind: "sqlite", path });
  const { access } = metadata;
  const revision = await AccessRevision.open(access, { everyMilliseconds: 1_000_000, clock: () => 0 });
  onTestFinished(async () => {
    revision.close();
    await metadata.close();
  });
  const clock = { now: start };
  const now = () => clock.now;
  const store = options.store?.(access.signingKeys) ?? access.signingKeys;
  const shared = { tokenSeconds, rotationSeconds, algorithm: "ES256" as const, ...options };
  const keys = await SigningKeys.open({ ...shared, store, now, revision });
  const remembered = maxRemembered === undefined ? {} : { maxRemembered };
  let [count, searches] = [0, 0];
  const counted = {
    find: (kid: string) => {
      searches++;
      return keys.find(kid);
    },
  };
  return {
    access,
    revision,
    clock,
    keys,
    /** How often keys were looked for: not for tokens that are remembered. */
    searches: () => searches,
    issuer: new TokenIssuer({ ...shared, issuer, service, keys, now, newId: () => `t${++count}` }),
    verifier: new TokenVerifier({ issuer, service, keys: counted, now, revision, ...remembered }),
  };
}
