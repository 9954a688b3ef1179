// With a token server of others the grant limits; the authorizer only tells its principals from everybody else.
import { describe, expect, it } from "vitest";
import type { Access } from "../../auth/access.ts";
import { ExternalAuthorizer } from "../../auth/external-authorizer.ts";
import { anonymous, type Principal } from "../../auth/principal.ts";

const external: Principal = { kind: "external", subject: "ann" };
const nameless: Principal = { kind: "external", subject: "" };
const account: Principal = { kind: "user", id: "u1", name: "ann" };

const table: [access: Access, allowed: boolean][] = [
  [{ kind: "repository", name: "team/app", action: "pull" }, true],
  [{ kind: "repository", name: "team/app", action: "push" }, true],
  [{ kind: "repository", name: "team/app", action: "delete" }, true],
  [{ kind: "registry" }, true],
  [{ kind: "catalog" }, true],
  [{ kind: "self" }, false],
  [{ kind: "system" }, false],
  [{ kind: "project", name: "team", action: "see" }, false],
  [{ kind: "project", name: "team", action: "administer" }, false],
];

describe("the authorizer of token mode", () => {
  it.each(table)(
    "answers %j with %j to whoever holds a token of the token server, and no to others",
    async (access, allowed) => {
      const authorizer = new ExternalAuthorizer();
      for (const principal of [external, nameless]) {
        const decision = await authorizer.decide(principal, access);
        expect(decision).toEqual(
          allowed ? { allowed: true } : { allowed: false, reason: expect.any(String) as string },
        );
      }
      for (const principal of [anonymous, account]) {
        expect((await authorizer.decide(principal, access)).allowed).toBe(false);
      }
    },
  );

  it("hides everything from everybody else", async () => {
    const authorizer = new ExternalAuthorizer();
    expect(await authorizer.visibility(external)).toEqual({ kind: "all" });
    expect(await authorizer.visibility(anonymous)).toEqual({ kind: "repositories", names: [] });
    expect(await authorizer.visibility(account)).toEqual({ kind: "repositories", names: [] });
  });
});
