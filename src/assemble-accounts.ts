// `auth.mode: accounts`: from the metadata store to a gate, a token server and the admin API.
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AccessRevision } from "../auth/access-revision.ts";
import { AccountsAuthorizer } from "../auth/accounts-authorizer.ts";
import { AccountDirectory } from "../auth/accounts/account-directory.ts";
import { ensureAdmin } from "../auth/accounts/first-admin.ts";
import { HashingQueue } from "../auth/accounts/hashing-queue.ts";
import { LoginThrottle } from "../auth/accounts/login-throttle.ts";
import { Passwords } from "../auth/accounts/passwords.ts";
import { RefreshTokens } from "../auth/accounts/refresh-tokens.ts";
import { AuditTrail } from "../auth/audit-trail.ts";
import { BasicAuthenticator } from "../auth/authenticators/basic-authenticator.ts";
import { ByKindAuthenticator } from "../auth/authenticators/by-kind-authenticator.ts";
import { HtpasswdFile } from "../auth/authenticators/htpasswd-file.ts";
import { TokenAuthenticator } from "../auth/authenticators/token-authenticator.ts";
import { SigningKeys } from "../auth/tokens/signing-keys.ts";
import { TokenIssuer } from "../auth/tokens/token-issuer.ts";
import { TokenVerifier } from "../auth/tokens/token-verifier.ts";
import { accessServices } from "./assemble-access.ts";
import type { AuthParts, AuthSide } from "./assemble-auth.ts";
import type { Config } from "./config/load-config.ts";
import { challengesOf } from "./http/challenge.ts";
import { Gate } from "./http/middleware/gate.ts";
import { tokenRoutes } from "./http/token.ts";
import { ExpiredAccess } from "./jobs/expired-access.ts";

export async function assembleAccounts(config: Config, parts: AuthParts): Promise<AuthSide> {
  const { metadata, origin, logger, now } = parts;
  const { access } = metadata;
  const settings = config.auth.accounts;
  const revision = await AccessRevision.open(access);
  const queue = new HashingQueue();
  const passwords = new Passwords(queue);
  const services = accessServices(access, settings, { revision, now, passwords });
  const directory = new AccountDirectory({ access, revision, now });
  const authorizer = new AccountsAuthorizer({
    ...{ access, revision, directory, now },
    projects: services.projects,
    defaultProject: settings.defaultProject,
  });
  const htpasswd = await openHtpasswd(settings.htpasswd, queue, parts);
  const keys = await openKeys(config, { access, revision, now });
  const { issuer, service, tokenSeconds, refreshSeconds } = settings;
  const claims = { issuer, service, keys, now };
  const authenticator = new ByKindAuthenticator({
    basic: new BasicAuthenticator({
      ...{ access, passwords, revision, htpasswd, now, newId: randomUUID, randomBytes },
      throttle: new LoginThrottle({
        clock: () => performance.now(),
        sleep: (milliseconds) => sleep(milliseconds),
      }),
    }),
    token: new TokenAuthenticator({ verifier: new TokenVerifier({ ...claims, revision }), directory }),
  });
  const trail = new AuditTrail({
    store: access.audit,
    now,
    onProblem: (error) => logger.error({ err: error }, "entries of the audit trail could not be written"),
  });
  const challenges = challengesOf({ service, origin });
  const gate = new Gate({ authenticator, authorizer, challenges, origin, trail });
  await access.projects.adopt(settings.defaultProject, randomUUID, now());
  const tokens = tokenRoutes({
    ...{ authenticator, authorizer, origin, trail },
    issuer: new TokenIssuer({ ...claims, tokenSeconds, newId: randomUUID }),
    refreshTokens: new RefreshTokens({
      ...{ access, htpasswd, refreshSeconds, now, newId: randomUUID, randomBytes },
    }),
    publicKeys: () => keys.jwks(),
  });
  return {
    gate,
    before: [tokens],
    jobs: [new ExpiredAccess({ metadata, auditSeconds: settings.auditSeconds, everySeconds: 3600, now })],
    firstAdmin: await ensureAdmin({
      ...{ access, users: services.users, password: parts.adminPassword, randomBytes },
    }),
    close: async () => {
      revision.close();
      await trail.close();
    },
  };
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

async function openHtpasswd(
  path: string | undefined,
  queue: HashingQueue,
  { logger }: AuthParts,
): Promise<HtpasswdFile | undefined> {
  if (path === undefined) return undefined;
  const onProblem = (message: string) => logger.warn({ htpasswd: path }, message);
  return HtpasswdFile.open({ path, queue, clock: () => performance.now(), onProblem });
}
