// Two people who push to the same missing project at once: the project is made once, and the one who came second has no
// more rights in it than any stranger.
import Koa from "koa";
import { describe, expect, it, onTestFinished } from "vitest";
import { ByKindAuthenticator } from "../../../../auth/authenticators/by-kind-authenticator.ts";
import { BasicAuthenticator } from "../../../../auth/authenticators/basic-authenticator.ts";
import { HashingQueue } from "../../../../auth/accounts/hashing-queue.ts";
import { LoginThrottle } from "../../../../auth/accounts/login-throttle.ts";
import { Passwords } from "../../../../auth/accounts/passwords.ts";
import type { Access } from "../../../../auth/access.ts";
import type { TrailEntry } from "../../../../auth/audit-trail.ts";
import type { Authorizer } from "../../../../auth/authorizer.ts";
import { challengesOf } from "../../../../src/http/challenge.ts";
import { Gate } from "../../../../src/http/middleware/gate.ts";
import { originOf } from "../../../../src/http/origin.ts";
import { OciError } from "../../../../src/oci/oci-error.ts";
import { openAccounts, plainHasher, type OpenAccounts } from "../../../auth/accounts/open-accounts.ts";

const push: Access = { kind: "repository", name: "team/app", action: "push" };

/** Lets no decision that makes a project out before there are two of them. */
function meeting(authorizer: Authorizer): Authorizer {
  let decided = 0;
  let meet = () => {};
  const met = new Promise<void>((resolve) => (meet = resolve));
  return {
    visibility: (principal) => authorizer.visibility(principal),
    createProject: (principal, project) => authorizer.createProject(principal, project),
    decide: async (principal, access) => {
      const decision = await authorizer.decide(principal, access);
      if (!decision.allowed || decision.creates === undefined) return decision;
      if (++decided === 2) meet();
      await met;
      return decision;
    },
  };
}

interface Server {
  readonly pushAs: (user: string) => Promise<number>;
  /** What was written before an answer. */
  readonly changes: readonly TrailEntry[];
}

/** A server that answers nothing but whether the push was let through. */
async function serve(accounts: OpenAccounts): Promise<Server> {
  const { access, revision, now, newId, randomBytes } = accounts;
  const passwords = new Passwords(new HashingQueue(), plainHasher);
  const throttle = new LoginThrottle({ clock: () => 0, sleep: async () => undefined });
  const basic = new BasicAuthenticator({
    ...{ access, passwords, revision, throttle, htpasswd: undefined, now, newId, randomBytes },
  });
  const origin = originOf({ publicUrl: undefined, trustedProxies: [] });
  const changes: TrailEntry[] = [];
  const gate = new Gate({
    authenticator: new ByKindAuthenticator({ basic, token: basic }),
    authorizer: meeting(accounts.authorizer),
    challenges: challengesOf({ service: "berth", origin }),
    origin,
    trail: { note: () => undefined, write: async (entry) => void changes.push(entry) },
  });
  const app = new Koa();
  app.use(async (ctx) => {
    try {
      await gate.admit(ctx, push);
      ctx.status = 202;
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      ctx.status = error.status;
    }
  });
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens nowhere");
  const pushAs = async (user: string) => {
    const authorization = `Basic ${Buffer.from(`${user}:password of ${user}`).toString("base64")}`;
    return (await fetch(`http://127.0.0.1:${address.port}/`, { headers: { authorization } })).status;
  };
  return { pushAs, changes };
}

describe("a push to a missing project", () => {
  it("by two at once is let through for the one who made the project, and refused to the other", async () => {
    const accounts = await openAccounts();
    for (const name of ["ada", "bob"]) {
      await accounts.users.create({ name, password: `password of ${name}` });
    }
    const { pushAs, changes } = await serve(accounts);
    const statuses = await Promise.all([pushAs("ada"), pushAs("bob")]);
    const { entries } = await accounts.projects.listMembers("team", { limit: 10 });
    const [maintainer] = entries;
    expect(entries).toHaveLength(1);
    expect(statuses).toEqual(["ada", "bob"].map((name) => (name === maintainer?.name ? 202 : 403)));
    expect(await Promise.all([pushAs("ada"), pushAs("bob")])).toEqual(statuses);
    expect(changes.map(({ actor, action, target }) => [actor, action, target])).toEqual([
      [maintainer?.name, "project.create", "team"],
    ]);
  });
});
