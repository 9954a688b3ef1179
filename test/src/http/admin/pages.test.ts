// Lists of the admin API: whole, in order, in pages of any size, also while they change.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { playIn } from "./cast.ts";
import { serveAdminApi, type AdminApi } from "./serve-admin-api.ts";

const closing: (() => Promise<void>)[] = [];
let api: AdminApi;

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly next: string | null;
}

beforeAll(async () => {
  api = await serveAdminApi({ atEnd: (close) => void closing.push(close) });
  await playIn(api);
  const actions = ["pull"];
  for (const letter of "edcba") {
    await api.users.create({ name: `user.${letter}` });
    await api.groups.create({ name: `group-${letter}` });
    await api.groups.addAccount("staff", `user.${letter}`);
    await api.projects.create({ name: `project-${letter}`, public: letter < "c" });
    await api.projects.setMember("team", { kind: "account", name: `user.${letter}`, role: "guest" });
    await api.projects.setMember("team", { kind: "group", name: `group-${letter}`, role: "guest" });
    await api.robots.create({ name: `robot_${letter}`, actions });
    await api.robots.create({ name: `team_${letter}`, actions, project: "team" });
    await api.ask("PATCH", `/api/v1/users/user.${letter}`, { as: "admin", json: { description: letter } });
  }
});

afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

const page = async (path: string, as = "admin") => {
  const { status, json } = await api.api("GET", path, { as });
  expect(status).toBe(200);
  return json as unknown as Page;
};

const namesOf = ({ items }: Page) =>
  items.map(({ kind, name }) => (kind ? `${kind as string} ${name as string}` : name));

/** All pages of a list, each after the one before. */
async function walk(path: string, limit: number, parameter = "after"): Promise<Page[]> {
  const pages: Page[] = [];
  for (let next: string | null | undefined; next !== null && pages.length < 100;) {
    const after = next === undefined ? "" : `&${parameter}=${encodeURIComponent(next)}`;
    const got = await page(`${path}?limit=${limit}${after}`);
    pages.push(got);
    next = got.next;
  }
  return pages;
}

describe("a list", () => {
  const letters = ["a", "b", "c", "d", "e"];
  const people = ["admin", "developer", "guest", "jane", "maintainer", "outsider"];
  it.each<[string, readonly string[]]>([
    ["/users", [...people, ...letters.map((letter) => `user.${letter}`)]],
    ["/groups", [...letters.map((letter) => `group-${letter}`), "staff"]],
    ["/groups/staff/accounts", ["jane", ...letters.map((letter) => `user.${letter}`)]],
    ["/projects", [...letters.map((letter) => `project-${letter}`), "shop", "team"]],
    [
      "/robots",
      [
        "ci",
        "everywhere",
        ...["robot", "team"].flatMap((kind) => letters.map((letter) => `${kind}_${letter}`)),
      ],
    ],
    ["/projects/team/robots", ["ci", ...letters.map((letter) => `team_${letter}`)]],
    [
      "/projects/team/members",
      [
        ...["developer", "guest", "maintainer", ...letters.map((letter) => `user.${letter}`)].map(
          (name) => `user ${name}`,
        ),
        ...[...letters.map((letter) => `group-${letter}`), "staff"].map((name) => `group ${name}`),
      ],
    ],
  ])("of %s is whole and in order, whatever the size of its pages", async (path, names) => {
    expect(namesOf(await page(path))).toEqual(names);
    for (const limit of [1, 2, 5, names.length, 1000]) {
      const pages = await walk(path, limit);
      expect(pages.flatMap(namesOf)).toEqual(names);
      expect(pages.map(({ items }) => items.length).slice(0, -1)).toEqual(
        Array.from({ length: Math.ceil(names.length / limit) - 1 }, () => limit),
      );
    }
  });

  it("goes on where it was when what it ended with is gone", async () => {
    await api.groups.create({ name: "ephemeral" });
    const first = await page("/groups?limit=1");
    expect([namesOf(first), first.next]).toEqual([["ephemeral"], "ephemeral"]);
    await api.groups.delete("ephemeral");
    expect(namesOf(await page(`/groups?limit=1&after=${first.next ?? ""}`))).toEqual(["group-a"]);
  });

  it.each<[string, readonly string[]]>([
    ["outsider", ["project-a", "project-b", "shop"]],
    ["guest", ["project-a", "project-b", "shop", "team"]],
    ["robot", ["project-a", "project-b", "shop", "team"]],
  ])("of projects has for the %s what may be pulled, and full pages of it", async (as, names) => {
    expect(namesOf(await page("/projects", as))).toEqual(names);
    expect((await page("/projects?limit=2", as)).items).toHaveLength(2);
  });
});

describe("the audit trail", () => {
  const details = (pages: readonly Page[]) => pages.flatMap(({ items }) => items.map(({ detail }) => detail));
  const newestFirst = ["a", "b", "c", "d", "e"].map((letter) => `description: ${letter}`);

  it.each([1, 2, 5, 100])("is read backwards in pages of %i", async (limit) => {
    const pages = await walk("/audit", limit, "before");
    expect(details(pages).filter((detail) => String(detail).startsWith("description"))).toEqual(newestFirst);
    const ids = pages.flatMap(({ items }) => items.map(({ id }) => Number(id)));
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is filtered by actor, action and outcome", async () => {
    await api.api("DELETE", "/groups/missing", { as: "admin" });
    await api.api("POST", "/me/tokens", { as: "jane", json: { label: "of jane's" } });
    expect(details([await page("/audit?action=user.change")])).toEqual(newestFirst);
    expect(details([await page("/audit?actor=jane")])).toEqual(["label: of jane's"]);
    expect(await page("/audit?outcome=failed")).toMatchObject({
      items: [{ action: "group.delete" }],
      next: null,
    });
    expect(await page("/audit?actor=jane&action=user.change")).toEqual({ items: [], next: null });
  });
});
