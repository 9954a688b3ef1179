// The contract of projects: their names, when one may go and what goes with it, and what becomes of repositories that
// were there before any project.
import { describe, expect, test } from "vitest";
import {
  labelsOf,
  memberOf,
  projectOf,
  raisesRevision,
  robotOf,
  secretOf,
  userOf,
} from "./metadata-store-access-fixture.ts";
import { blobOf, manifestOf, pushBlob, uploadOf, type CurrentStore } from "./metadata-store-fixture.ts";

const all = { kind: "all" } as const;

/** `new 1`, `new 2` … */
function counter(): () => string {
  let count = 0;
  return () => `new ${++count}`;
}

export function projectsContract(store: CurrentStore): void {
  const projects = () => store().access.projects;
  const namesOf = async () =>
    (await projects().list({ limit: 100, visibility: all })).entries.map(({ name }) => name);
  const membersOf = async (project: string) =>
    (await store().access.members.list(project, { limit: 100 })).entries;

  describe("a project", () => {
    test("is found by name, and has its name to itself", async () => {
      const open = projectOf("open", { public: true, description: "" });
      expect(await projects().create(open)).toBe("created");
      expect(await projects().create(projectOf("closed"))).toBe("created");
      expect(await projects().create(projectOf("open", { id: "another" }))).toBe("taken");
      expect(await projects().find("open")).toEqual(open);
      expect(await projects().find("closed")).toEqual(projectOf("closed"));
      expect(await projects().find("nothing")).toBeUndefined();
    });

    test("begins with its maintainer, or without members", async () => {
      await store().access.accounts.create(userOf("ann"));
      await projects().create(projectOf("hers"), "id of ann");
      await projects().create(projectOf("nobody's"));
      await projects().create(projectOf("of somebody gone"), "id of ben");
      expect(await membersOf("hers")).toEqual([memberOf("ann", "maintainer")]);
      expect(await membersOf("nobody's")).toEqual([]);
      expect(await membersOf("of somebody gone")).toEqual([]);
    });

    test("that is taken gets no new maintainer", async () => {
      await store().access.accounts.create(userOf("ann"));
      await projects().create(projectOf("team"));
      expect(await projects().create(projectOf("team", { id: "another" }), "id of ann")).toBe("taken");
      expect(await membersOf("team")).toEqual([]);
    });

    test("of somebody begins empty, whatever a push left where no project was", async () => {
      await store().access.accounts.create(userOf("ann"));
      const left = blobOf("left over");
      await pushBlob(store(), "hers/app", left);
      expect(await projects().create(projectOf("hers"), "id of ann")).toBe("created");
      expect(await store().blobLinks.find("hers/app", left.digest)).toBeUndefined();
    });

    test("with images of others where no project was becomes nobody's, and private", async () => {
      await store().access.accounts.create(userOf("ann"));
      await store().manifests.commit(manifestOf("old/app", "image"));
      expect(await projects().create(projectOf("old", { public: true }), "id of ann")).toBe("taken");
      expect(await projects().find("old")).toEqual(projectOf("old"));
      expect(await membersOf("old")).toEqual([]);
    });

    test("that an operator makes around images that are there keeps them", async () => {
      const [blob, image] = [blobOf("layer"), manifestOf("old/app", "image")];
      await pushBlob(store(), "old/app", blob);
      await store().manifests.commit(image);
      expect(await projects().create(projectOf("old"))).toBe("created");
      expect(await store().blobLinks.find("old/app", blob.digest)).toBeDefined();
    });

    test("changes in what the change names and in nothing else", async () => {
      for (const name of ["a", "b"]) await projects().create(projectOf(name));
      expect(await projects().change("a", { public: true })).toBe(true);
      expect(await projects().find("a")).toEqual(projectOf("a", { public: true }));
      expect(await projects().change("a", { description: "new" })).toBe(true);
      expect(await projects().find("a")).toEqual(projectOf("a", { public: true, description: "new" }));
      expect(await projects().change("a", { public: false, description: "" })).toBe(true);
      expect(await projects().find("a")).toEqual(projectOf("a", { description: "" }));
      expect(await projects().change("nothing", { public: true })).toBe(false);
      expect(await projects().find("b")).toEqual(projectOf("b"));
    });

    test("goes with its members, its robots and their secrets and sessions, and leaves those of others", async () => {
      const { accounts, members, secrets } = store().access;
      await accounts.create(userOf("ann"));
      await secrets.add(secretOf("ann", "token"), 10);
      for (const name of ["a", "b"]) {
        await projects().create(projectOf(name));
        await members.set(name, memberOf("ann", "guest"));
        const robot = robotOf(`robot of ${name}`, { project: name });
        await accounts.create(robot);
        await secrets.add(secretOf(robot.name, `secret of ${name}`, { kind: "robot" }), 10);
        await store().uploads.start({ ...uploadOf(`upload of ${name}`, "a/x"), owner: `robot:${robot.id}` });
      }
      expect(await projects().delete("a", "library")).toBe("deleted");
      expect(await projects().find("a")).toBeUndefined();
      expect(await membersOf("a")).toEqual([]);
      expect((await accounts.list({ limit: 10 })).entries.map(({ name }) => name)).toEqual([
        "ann",
        "robot of b",
      ]);
      expect(await secrets.findByHash(Buffer.from("hash of secret of a"))).toBeUndefined();
      expect(await labelsOf(store(), "ann")).toEqual(["token"]);
      expect(await labelsOf(store(), "robot of b")).toEqual(["secret of b"]);
      expect(await membersOf("b")).toEqual([memberOf("ann", "guest")]);
      expect(await store().uploads.find("a/x", "upload of a", 1)).toBeUndefined();
      expect(await store().uploads.find("a/x", "upload of b", 1)).toBeDefined();
    });

    test("goes with robots by the hundreds", async () => {
      await projects().create(projectOf("team"));
      for (let index = 0; index < 230; index++)
        await store().access.accounts.create(robotOf(`robot ${index}`, { project: "team" }));
      expect(await projects().delete("team", "library")).toBe("deleted");
      expect((await store().access.accounts.list({ limit: 10 })).entries).toEqual([]);
    });

    test("stays while it holds a repository", async () => {
      for (const name of ["team", "tea", "library"]) await projects().create(projectOf(name));
      const image = manifestOf("team/app/web", "image");
      await store().manifests.commit(image);
      expect(await projects().delete("team", "library")).toBe("not-empty");
      expect(await projects().find("team")).toEqual(projectOf("team"));
      expect(await projects().delete("tea", "library")).toBe("deleted");
      await store().manifests.delete("team/app/web", image.digest, 5000);
      await pushBlob(store(), "team/app/web", blobOf("left over"));
      expect(await projects().delete("team", "library")).toBe("deleted");
      expect(await projects().delete("team", "library")).toBe("absent");
    });

    test("takes along what its repositories keep, so that whoever makes it anew gets nothing of it", async () => {
      for (const name of ["team", "teams", "library"]) await projects().create(projectOf(name));
      const left = blobOf("left over");
      const places = ["team/app", "team/app/web", "teams/app", "library/app", "app"];
      for (const repository of places) await pushBlob(store(), repository, left);
      const kept = async () => {
        const found = await Promise.all(places.map((name) => store().blobLinks.find(name, left.digest)));
        return places.filter((_, index) => found[index] !== undefined);
      };
      await projects().delete("team", "library");
      expect(await kept()).toEqual(["teams/app", "library/app", "app"]);
      await projects().delete("library", "library");
      expect(await kept()).toEqual(["teams/app"]);
    });

    test("that is the default one stays while there is a repository of a single segment", async () => {
      for (const name of ["library", "app"]) await projects().create(projectOf(name));
      const image = manifestOf("app", "image");
      await store().manifests.commit(image);
      expect(await projects().delete("library", "library")).toBe("not-empty");
      expect(await projects().delete("app", "library")).toBe("deleted");
      await store().manifests.commit(manifestOf("library/app", "image"));
      await store().manifests.delete("app", image.digest, 5000);
      expect(await projects().delete("library", "library")).toBe("not-empty");
      await store().manifests.delete("library/app", image.digest, 5000);
      expect(await projects().delete("library", "library")).toBe("deleted");
    });
  });

  describe("a list of projects", () => {
    test("ascends by name and goes on after a name", async () => {
      const names = ["a-b", "a.b", "a0", "a_b", "aa", "b"];
      for (const name of [...names].reverse()) await projects().create(projectOf(name));
      expect(await projects().list({ limit: 5, visibility: all })).toEqual({
        entries: names.slice(0, 5).map((name) => projectOf(name)),
        more: true,
      });
      const rest = await projects().list({ limit: 5, after: "aa", visibility: all });
      expect(rest).toEqual({ entries: [projectOf("b")], more: false });
    });

    test("holds what is public and what is named, and its pages hold nothing else", async () => {
      for (const name of ["a", "b", "c", "d", "e"])
        await projects().create(projectOf(name, { public: name === "b" || name === "d" }));
      const pages: [string[], string[]][] = [
        [[], ["b", "d"]],
        [["a"], ["a", "b", "d"]],
        [
          ["e", "d", "nothing"],
          ["b", "d", "e"],
        ],
      ];
      for (const [named, expected] of pages) {
        const visibility = { kind: "projects", projects: named, defaultProject: "library" } as const;
        const seen = await projects().list({ limit: 10, visibility });
        expect(seen.entries.map(({ name }) => name)).toEqual(expected);
        const first = await projects().list({ limit: 2, visibility });
        expect(first.entries.map(({ name }) => name)).toEqual(expected.slice(0, 2));
        expect(first.more).toBe(expected.length > 2);
        const rest = await projects().list({ limit: 2, after: "b", visibility });
        expect(rest.entries.map(({ name }) => name)).toEqual(expected.filter((name) => name > "b"));
      }
    });
  });

  describe("adopting what was pushed before there were projects", () => {
    test("makes a private project without members for each, and the default one", async () => {
      await store().access.accounts.create(userOf("ann"));
      const held = projectOf("held", { public: true });
      await projects().create(held, "id of ann");
      for (const name of ["team/app", "team/web/front", "other/x", "single", "held/x"])
        await store().manifests.commit(manifestOf(name, "image"));
      await pushBlob(store(), "only-a-blob/x", blobOf("layer"));
      await projects().adopt("library", counter(), 7000);
      expect(await namesOf()).toEqual(["held", "library", "other", "team"]);
      for (const name of ["library", "other", "team"]) {
        expect(await projects().find(name)).toMatchObject({ public: false, createdAt: 7000 });
        expect(await membersOf(name)).toEqual([]);
      }
      expect(await projects().find("held")).toEqual(held);
      expect(await membersOf("held")).toEqual([memberOf("ann", "maintainer")]);
    });

    test("makes the default one also where nothing was pushed, and once", async () => {
      await projects().adopt("library", counter(), 7000);
      expect(await projects().find("library")).toMatchObject({ id: "new 1" });
      await projects().adopt("library", () => "never again", 8000);
      expect(await projects().find("library")).toMatchObject({ id: "new 1", createdAt: 7000 });
    });
  });

  test("the access revision grows with every change of a project, and with no attempt", async () => {
    const grows = (step: () => Promise<unknown>) => raisesRevision(store(), step);
    expect(await grows(() => projects().create(projectOf("team")))).toBe(true);
    expect(await grows(() => projects().create(projectOf("team", { id: "other" })))).toBe(false);
    expect(await grows(() => projects().change("team", { public: true }))).toBe(true);
    expect(await grows(() => projects().change("nothing", { public: true }))).toBe(false);
    expect(await grows(() => projects().delete("nothing", "library"))).toBe(false);
    expect(await grows(() => projects().delete("team", "library"))).toBe(true);
    expect(await grows(() => projects().adopt("library", counter(), 1))).toBe(true);
    expect(await grows(() => projects().adopt("library", () => "unused", 2))).toBe(false);
  });
}
