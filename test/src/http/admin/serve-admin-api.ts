// The admin API on real services and a metadata store in memory, with people of every kind in it.
import { randomBytes, randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { onTestFinished } from "vitest";
import { HashingQueue } from "../../../../auth/accounts/hashing-queue.ts";
import { LoginThrottle } from "../../../../auth/accounts/login-throttle.ts";
import { Passwords } from "../../../../auth/accounts/passwords.ts";
import { AuditTrail, type AuditTrailOptions } from "../../../../auth/audit-trail.ts";
import { BasicAuthenticator } from "../../../../auth/authenticators/basic-authenticator.ts";
import { ByKindAuthenticator } from "../../../../auth/authenticators/by-kind-authenticator.ts";
import type { Authenticator } from "../../../../auth/authenticator.ts";
import { adminRoutes } from "../../../../src/http/admin/admin-routes.ts";
import { createListener } from "../../../../src/http/app.ts";
import { challengesOf } from "../../../../src/http/challenge.ts";
import { locateUnder } from "../../../../src/http/location.ts";
import { Gate } from "../../../../src/http/middleware/gate.ts";
import { originOf } from "../../../../src/http/origin.ts";
import { listen } from "../../../../src/http/server.ts";
import { fsckAdmin } from "../../../../src/assembly/assemble-fsck.ts";
import { FsckRuns } from "../../../../src/jobs/fsck/fsck-runs.ts";
import { collectionAdmin, pause } from "../../../../src/assembly/assemble-collector.ts";
import { retentionAdmin } from "../../../../src/assembly/assemble-retention.ts";
import { openMirrorAdmin } from "../../../../src/assembly/mirror-admin.ts";
import { Collector } from "../../../../src/jobs/collector.ts";
import { RetentionKeeper } from "../../../../src/jobs/retention-keeper.ts";
import { createMetrics } from "../../../../src/observability/metrics.ts";
import { retentionBy, type RetentionPolicy } from "../../../../src/policies/retention.ts";
import { immutableTagsBy } from "../../../../src/policies/immutable-tags.ts";
import { TagHistory } from "../../../../src/registry/tag-history.ts";
import { createLocalRegistry } from "../../../../src/registry/local-registry.ts";
import { onlyLocalNames } from "../../../../src/registry/namespace-resolver.ts";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import {
  openAccounts,
  plainHasher,
  principalOf,
  type OpenAccounts,
} from "../../../auth/accounts/open-accounts.ts";
import type { TestHtpasswd } from "../../../auth/authenticators/open-logins.ts";
import { send, type Answer, type Sending } from "../../../support/http-request.ts";
import { collectLog } from "../../../support/log-lines.ts";

export interface Asking extends Sending {
  /** Whose credentials go along: somebody of the cast, or `name:password`. */
  readonly as?: string;
  readonly json?: unknown;
}

export interface ServeOptions {
  readonly publicUrl?: string;
  /** Where the audit trail goes instead of the metadata store. */
  readonly audit?: AuditTrailOptions["store"];
  /** How a login is delayed; not at all unless given. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
  readonly htpasswd?: TestHtpasswd;
  readonly atEnd?: (close: () => Promise<void>) => void;
}

const limits = { inactivitySeconds: 60, headersSeconds: 60, keepAliveSeconds: 60, drainSeconds: 1 };

const keepsNewest: RetentionPolicy = {
  ...{ name: "apps", repositories: ["team/*"], deleteUntaggedAfterMilliseconds: undefined },
  rules: [{ name: "newest", tags: ["*"], except: [], keep: { kind: "newest", count: 1 } }],
};

export async function serveAdminApi(options: ServeOptions = {}) {
  const { publicUrl, htpasswd, sleep = async () => undefined, atEnd = onTestFinished } = options;
  const accounts = await openAccounts({ atEnd });
  const { access, metadata, revision, authorizer, tokens, now, newId } = accounts;
  const log = collectLog();
  const origin = originOf({ publicUrl, trustedProxies: [] });
  const authenticator = new ByKindAuthenticator({
    basic: new BasicAuthenticator({
      ...{ access, revision, now, newId, randomBytes, htpasswd },
      passwords: new Passwords(new HashingQueue(), plainHasher),
      throttle: new LoginThrottle({ clock: () => performance.now(), sleep }),
    }),
    token: signedFor(accounts),
  });
  const trail = new AuditTrail({
    store: options.audit ?? access.audit,
    now,
    onProblem: (error) => log.logger.error(error),
  });
  const gate = new Gate({
    ...{ authenticator, authorizer, origin, trail },
    challenges: challengesOf({ service: "berth", origin }),
  });
  const uploads = { expirySeconds: 3600, leaseSeconds: 10 };
  const gc = { graceSeconds: 86_400 };
  const immutableTags = immutableTagsBy([
    { name: "releases", repositories: ["**"], tags: ["v*"], except: [] },
  ]);
  const blobStore = await openBlobStore({ kind: "memory" });
  const registry = createLocalRegistry({ blobStore, metadata, uploads, gc, immutableTags, now, newId });
  const mirror = openMirrorAdmin({
    ...{
      registry,
      held: registry.blobs,
      names: onlyLocalNames,
      settled: async () => undefined,
      metadata,
      now,
      newId: randomUUID,
    },
    ...{ pins: () => ["registry.k8s.io/**"], graceMilliseconds: 1000 },
  });
  const collector = new Collector({
    ...{ metadata, now, newId, pause, everySeconds: 60, readingGraceMilliseconds: 60_000 },
    settings: { ...gc, rowsPerSecond: 1000 },
  });
  const collection = collectionAdmin(collector, log.logger);
  const keeper = new RetentionKeeper({
    ...{ metadata, now, newId, pause, everySeconds: 60, rowsPerSecond: 1000, policies: 1 },
    retention: retentionBy([keepsNewest]),
    exemptions: async () => ({ immutable: () => undefined, pinned: () => false }),
    flushPulls: async () => undefined,
  });
  const retention = retentionAdmin(keeper, log.logger);
  const fsck = fsckAdmin(
    new FsckRuns({
      ...{ metadata, blobStore, now, newId, pause },
      ...{ expirySeconds: 3600, readingGraceMilliseconds: 60_000 },
    }),
  );
  const locate = locateUnder(publicUrl);
  const listener = createListener({
    registry,
    gate,
    before: [
      adminRoutes({
        ...accounts,
        mirror,
        collection: collection.admin,
        retention: retention.admin,
        tagHistory: new TagHistory({ metadata, immutableTags, ...gc, now }),
        fsck: fsck.admin,
        personalTokens: tokens,
        gate,
        trail,
        authenticator,
        origin,
        locate,
      }),
    ],
    health: { ready: () => metadata.ping() },
    logger: log.logger,
    metrics: createMetrics().http,
    origin,
    publicUrl,
    maxManifestBytes: 4096,
  });
  const server = await listen(listener, { host: "127.0.0.1", port: 0, ...limits }, log.logger);
  const agent = new Agent({ keepAlive: true });
  atEnd(async () => {
    agent.destroy();
    await server.close();
    await mirror.close();
    await collection.close();
    await retention.close();
    await fsck.close();
    await trail.close();
  });
  const cast = new Map<string, string>();
  const ask = (method: string, path: string, { as, json, ...sending }: Asking = {}): Promise<Answer> => {
    const headers = {
      ...(as !== undefined && { authorization: authorizationOf(as, cast) }),
      ...(json !== undefined && { "content-type": "application/json" }),
      ...sending.headers,
    };
    const body = json === undefined ? sending.body : JSON.stringify(json);
    return send(server.url, method, path, {
      agent,
      ...sending,
      headers,
      ...(body !== undefined && { body }),
    });
  };
  return { ...accounts, mirror, cast, trail, log, url: server.url, ask, api: apiOf(ask) };
}

export type AdminApi = Awaited<ReturnType<typeof serveAdminApi>>;

export interface JsonAnswer extends Answer {
  readonly json: Record<string, unknown>;
}

/** Asks for an address under /api/v1 and reads the JSON of the answer. */
function apiOf(ask: (method: string, path: string, asking?: Asking) => Promise<Answer>) {
  return async (method: string, path: string, asking: Asking = {}): Promise<JsonAnswer> => {
    const answer = await ask(method, `/api/v1${path}`, asking);
    const text = answer.body.toString("utf8");
    return { ...answer, json: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
}

function authorizationOf(who: string, cast: ReadonlyMap<string, string>): string {
  if (who.includes(":")) return `Basic ${Buffer.from(who).toString("base64")}`;
  const secret = cast.get(who);
  if (secret === undefined) throw new Error(`nobody in the cast is called ${who}`);
  return `Bearer ${secret}`;
}

/** In place of signed tokens: the name of a user, to whom it gives a token that carries pull on one repository. */
function signedFor({ users }: OpenAccounts): Authenticator {
  return {
    authenticate: async (credentials) => {
      const name = credentials.kind === "bearer" ? credentials.token : "";
      const scopes = [{ type: "repository", name: "team/app", actions: ["pull"] }];
      const principal = principalOf("user", await users.get(name));
      return { outcome: "accepted", caller: { principal, grant: { kind: "scopes", scopes } } };
    },
  };
}
