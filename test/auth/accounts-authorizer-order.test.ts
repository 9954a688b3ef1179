// Properties of the rules: who is given more may do more, and a robot never more than it was made for.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryActions, type Access } from "../../auth/access.ts";
import type { Principal } from "../../auth/principal.ts";
import { openAccounts, principalOf, type OpenAccounts } from "./accounts/open-accounts.ts";

/** From the least to the most. */
const ranks = ["none", "guest", "developer", "maintainer", "admin"] as const;
const projects = ["private", "public", "library"];

let accounts: OpenAccounts;

const nameOf = (rank: string, byGroup: boolean, creates: boolean) =>
  `${rank}${byGroup ? ".by-group" : ""}${creates ? ".creates" : ""}`;

async function makeUser(rank: (typeof ranks)[number], byGroup: boolean, creates: boolean): Promise<void> {
  const name = nameOf(rank, byGroup, creates);
  const { users, groups, projects: service } = accounts;
  await users.create({ name, mayCreateProjects: creates, systemAdmin: rank === "admin" });
  await groups.create({ name });
  await groups.addAccount(name, name);
  if (rank === "none" || rank === "admin") return;
  for (const project of projects) {
    await service.setMember(project, { kind: byGroup ? "group" : "account", name, role: rank });
  }
}

beforeAll(async () => {
  accounts = await openAccounts({ atEnd: (close) => afterAll(close) });
  for (const name of projects) await accounts.projects.create({ name, public: name === "public" });
  for (const rank of ranks) {
    for (const byGroup of [false, true]) {
      for (const creates of [false, true]) await makeUser(rank, byGroup, creates);
    }
  }
});

const project = fc.constantFrom(...projects, "missing", "privat", "private2");
const segments = fc.array(fc.constantFrom("app", "api", "private", "public"), { maxLength: 3 });
const access = fc.oneof<fc.Arbitrary<Access>[]>(
  fc
    .tuple(project, segments, fc.constantFrom(...repositoryActions))
    .map(([first, more, action]) => ({ kind: "repository", name: [first, ...more].join("/"), action })),
  fc
    .tuple(project, fc.constantFrom("see", "administer"))
    .map(([name, action]) => ({ kind: "project", name, action })),
  fc.constantFrom<Access>({ kind: "system" }, { kind: "self" }, { kind: "catalog" }, { kind: "registry" }),
);

async function isAllowed(principal: Principal, wanted: Access): Promise<boolean> {
  return (await accounts.authorizer.decide(principal, wanted)).allowed;
}

describe("rights", () => {
  it("grow from no role to guest, developer, maintainer and administrator, and with the right to create", async () => {
    const granted = fc.tuple(fc.nat(ranks.length - 1), fc.boolean(), fc.boolean());
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(granted, granted, access, async (one, other, wanted) => {
        const [less, more] = one[0] < other[0] ? [one, other] : [other, one];
        // a right to create that only the lesser one has is no order
        fc.pre(more[2] || !less[2] || ranks[more[0]] === "admin");
        const decide = async ([rank, byGroup, creates]: typeof one) => {
          const user = await accounts.users.get(nameOf(ranks[rank] ?? "", byGroup, creates));
          return isAllowed(principalOf("user", user), wanted);
        };
        const [lesser, greater] = [await decide(less), await decide(more)];
        if (lesser) compared++;
        expect(greater || !lesser).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(compared).toBeGreaterThan(50);
  });

  it("of a robot are its actions, in its project, and pulling what is public", async () => {
    const actions = fc.uniqueArray(fc.constantFrom(...repositoryActions), { minLength: 1 });
    const home = fc.option(fc.constantFrom(...projects), { nil: undefined });
    let made = 0;
    await fc.assert(
      fc.asyncProperty(actions, home, access, async (actions, home, wanted) => {
        const name = `robot${++made}`;
        const { robot } = await accounts.robots.create({ name, actions, project: home });
        const allowed = await isAllowed(principalOf("robot", robot), wanted);
        if (wanted.kind !== "repository") {
          expect(allowed).toBe(["self", "catalog", "registry"].includes(wanted.kind));
          return;
        }
        const [first = "", ...more] = wanted.name.split("/");
        const project = more.length === 0 ? "library" : first;
        const isPublicPull = wanted.action === "pull" && project === "public";
        const exists = wanted.action !== "push" || projects.includes(project);
        const isItsOwn = actions.includes(wanted.action) && (home ?? project) === project && exists;
        expect(allowed).toBe(isPublicPull || isItsOwn);
      }),
      { numRuns: 200 },
    );
  });
});
