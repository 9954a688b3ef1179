// `auth.mode: accounts`: from the metadata store to a gate, a token server and the admin API.
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AccessRevision } from "../../auth/access-revision.ts";
import { AccountsAuthorizer } from "../../auth/accounts-authorizer.ts";
import { AccountDirectory } from "../../auth/accounts/account-directory.ts";
import { ensureAdmin } from "../../auth/accounts/first-admin.ts";
import { HashingQueue } from "../../auth/accounts/hashing-queue.ts";
import { LoginThrottle } from "../../auth/accounts/login-throttle.ts";
import { Passwords } from "../../auth/accounts/passwords.ts";
import { RefreshTokens } from "../../auth/accounts/refresh-tokens.ts";
import { AuditTrail } from "../../auth/audit-trail.ts";
import { BasicAuthenticator } from "../../auth/authenticators/basic-authenticator.ts";
import { ByKindAuthenticator } from "../../auth/authenticators/by-kind-authenticator.ts";
import { HtpasswdFile } from "../../auth/authenticators/htpasswd-file.ts";
import { TokenAuthenticator } from "../../auth/authenticators/token-authenticator.ts";
import { SigningKeys } from "../../auth/tokens/signing-keys.ts";
import { TokenIssuer } from "../../auth/tokens/token-issuer.ts";
import { TokenVerifier } from "../../auth/tokens/token-verifier.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import { accessServices } from "./access-services.ts";
import type { AuthParts, AuthSide } from "./auth-side.ts";
import type { Config } from "../config/load-config.ts";
import { adminRoutes } from "../http/admin/admin-routes.ts";
import { challengesOf } from "../http/challenge.ts";
import { locateUnder } from "../http/location.ts";
import { Gate } from "../http/middleware/gate.ts";
import { tokenRoutes, type TokenServerParts } from "../http/token.ts";
import { ExpiredAccess } from "../jobs/expired-access.ts";
import type { Logger } from "../observability/logger.ts";
import type { Expiring } from "../observability/metrics.ts";
import { skewWarning } from "../observability/skew-warning.ts";

export async function assembleAccounts(config: Config, parts: AuthParts): Promise<AuthSide> {
  const { access } = parts.metadata;
  await access.projects.adopt(config.auth.accounts.defaultProject, randomUUID, parts.now());
  const revision = await AccessRevision.open(access);
  try {
    return await assembleOn(revision, config, parts);
  } catch (error) {
    revision.close();
    throw error;
  }
}

async function assembleOn(revision: AccessRevision, config: Config, parts: AuthParts): Promise<AuthSide> {
  const { metadata, names, origin, logger, now, adminPassword } = parts;
  const { access } = metadata;
  const { mirror, collection, retention, tagHistory, fsck } = parts;
  const admin = { mirror, collection, retention, tagHistory, fsck };
  const { defaultProject, service, auditSeconds } = config.auth.accounts;
  const queue = new HashingQueue();
  const passwords = new Passwords(queue);
  const services = accessServices(metadata, config, { revision, now, passwords });
  const { projects, users } = services;
  for (const { name, anonymous } of config.mirror.upstreams) {
    await projects.ensure(name, { public: anonymous });
  }
  const directory = new AccountDirectory({ access, revision, now });
  const rules = { access, revision, directory, projects, defaultProject, now };
  const authorizer = new AccountsAuthorizer(rules);
  const trail = new AuditTrail({
    store: access.audit,
    now,
    onProblem: (error) => logger.error({ err: error }, "entries of the audit trail could not be written"),
  });
  const logins = await assembleLogins(config, parts, { revision, directory, passwords, queue });
  const { authenticator } = logins;
  const gate = new Gate({
    ...{ authenticator, authorizer, origin, trail },
    challenges: challengesOf({ service, origin }),
  });
  const locate = locateUnder(config.http.publicUrl);
  return {
    gate,
    before: [
      tokenRoutes({ ...logins, authorizer, namespaces: names, origin, trail }),
      adminRoutes({ ...services, ...admin, access, gate, trail, authenticator, origin, locate }),
    ],
    jobs: [new ExpiredAccess({ metadata, auditSeconds, everySeconds: 3600, now })],
    expiringRobots: () => expiringRobots(access.accounts),
    firstAdmin: await ensureAdmin({ access, users, password: adminPassword, randomBytes }),
    close: async () => {
      revision.close();
      await trail.close();
    },
  };
}

async function expiringRobots(accounts: AccessStore["accounts"]): Promise<Expiring[]> {
  const { entries } = await accounts.list({ kind: "robot", limit: maxRobotsShown });
  return entries.flatMap(({ name, expiresAt }) =>
    expiresAt === undefined ? [] : [{ robot: name, expiresAt }],
  );
}

/** More would make every scrape long. */
const maxRobotsShown = 10_000;

interface LoginParts {
  readonly revision: AccessRevision;
  readonly directory: AccountDirectory;
  readonly passwords: Passwords;
  readonly queue: HashingQueue;
}

/** What tells who somebody is, and what gives tokens for it. */
async function assembleLogins(
  config: Config,
  { metadata: { access }, logger, now }: AuthParts,
  { revision, directory, passwords, queue }: LoginParts,
): Promise<Pick<TokenServerParts, "authenticator" | "issuer" | "refreshTokens" | "publicKeys">> {
  const { issuer, service, tokenSeconds, refreshSeconds, htpasswd: path } = config.auth.accounts;
  const chance = { newId: randomUUID, randomBytes };
  const htpasswd = path === undefined ? undefined : await openHtpasswd(path, queue, logger);
  const throttle = new LoginThrottle({ clock, sleep: (milliseconds) => sleep(milliseconds) });
  const keys = await openKeys(config, { access, revision, now });
  const claims = { issuer, service, keys, now };
  const onSkew = skewWarning(logger, clock);
  return {
    authenticator: new ByKindAuthenticator({
      basic: new BasicAuthenticator({ access, passwords, revision, htpasswd, throttle, now, ...chance }),
      token: new TokenAuthenticator({
        verifier: new TokenVerifier({ ...claims, revision, onSkew }),
        directory,
      }),
    }),
    issuer: new TokenIssuer({ ...claims, tokenSeconds, newId: randomUUID }),
    refreshTokens: new RefreshTokens({ access, htpasswd, refreshSeconds, now, ...chance }),
    publicKeys: () => keys.jwks(),
  };
}

const clock = () => performance.now();

function openHtpasswd(path: string, queue: HashingQueue, logger: Logger): Promise<HtpasswdFile> {
  const onProblem = (message: string) => logger.warn({ htpasswd: path }, message);
  return HtpasswdFile.open({ path, queue, clock, onProblem });
}

function openKeys(
  { auth: { accounts }, uploads }: Config,
  parts: { access: AuthParts["metadata"]["access"]; revision: AccessRevision; now: () => number },
): Promise<SigningKeys> {
  const { access, revision, now } = parts;
  return SigningKeys.open({
    store: access.signingKeys,
    algorithm: accounts.signing,
    rotationSeconds: accounts.keyRotationSeconds,
    tokenSeconds: accounts.tokenSeconds,
    uploadSeconds: uploads.expirySeconds,
    now,
    revision,
  });
}
