// Scope strings that were never meant. Whatever is asked, the token carries no more than whoever asks has, only actions on
// names that repositories can have, and nothing that was not asked for.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cast, useAccounts, type Member } from "../../../support/accounts-registry.ts";
import type { Answer } from "../../../support/http-request.ts";
import { expectError, jsonOf } from "../../../support/oci-answer.ts";

const use = useAccounts();

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

const ask = (as: Member | undefined, scopes: readonly string[]): Promise<Answer> =>
  use().ask("GET", `/token?${scopes.map((scope) => `scope=${encodeURIComponent(scope)}`).join("&")}`, {
    as,
    issues: true,
  });

/** What the token of an answer carries. */
function carried(answer: Answer): Entry[] {
  expect(answer.status).toBe(200);
  const { token } = jsonOf(answer) as { token: string };
  const claims = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
  return (JSON.parse(claims) as { access: Entry[] }).access;
}

/** What the cast may do, said once more by hand. */
const rights: Readonly<Record<Member | "nobody", Readonly<Record<string, readonly string[]>>>> = {
  admin: { secret: ["pull", "push", "delete"], open: ["pull", "push", "delete"] },
  maintainer: { secret: ["pull", "push", "delete"], open: ["pull"] },
  developer: { secret: ["pull", "push"], open: ["pull"] },
  guest: { secret: ["pull"], open: ["pull"] },
  outsider: { open: ["pull"] },
  creator: { open: ["pull"] },
  robot: { secret: ["pull", "push", "delete"], open: ["pull"] },
  everywhere: { secret: ["pull", "push", "delete"], open: ["pull", "push", "delete"] },
  limited: { secret: ["pull"], open: ["pull"] },
  nobody: { open: ["pull"] },
};

function expectNoMore(as: Member | undefined, access: readonly Entry[]): void {
  for (const { type, name, actions } of access) {
    if (type === "registry") {
      expect([name, actions]).toEqual(["catalog", ["*"]]);
      continue;
    }
    expect(type).toBe("repository");
    expect(name).toMatch(/^[a-z0-9._-]+(\/[a-z0-9._-]+)*$/);
    expect(name).not.toContain("..");
    const project = name.includes("/") ? name.slice(0, name.indexOf("/")) : "library";
    // a missing project, which some may make by a push
    if (!["secret", "open", "library"].includes(project) && (as === "admin" || as === "creator")) continue;
    const may = rights[as ?? "nobody"][project] ?? (as === "admin" || as === "everywhere" ? ["*"] : []);
    if (may.includes("*")) continue;
    expect(may).toEqual(expect.arrayContaining([...actions]));
  }
}

const app = (actions: string, name = "secret/app"): Entry[] =>
  actions === "" ? [] : [{ type: "repository", name, actions: actions.split(",") }];

/** Each by a guest of `secret`. */
const twisted: readonly (readonly [attack: string, scope: string, carries: readonly Entry[]])[] = [
  ["more actions than the role has", "repository:secret/app:pull,push,delete", app("pull")],
  ["every action", "repository:secret/app:*", app("pull")],
  ["every action twice", "repository:secret/app:*,*", app("pull")],
  ["actions that repeat", "repository:secret/app:pull,pull,pull", app("pull")],
  ["commas alone", "repository:secret/app:,,,", []],
  ["commas around", "repository:secret/app:,pull,", app("pull")],
  ["a space between actions", "repository:secret/app:push, pull", []],
  ["no actions", "repository:secret/app:", []],
  ["no actions and no colon", "repository:secret/app", []],
  ["upper case in an action", "repository:secret/app:PUSH", []],
  ["upper case in the type", "Repository:secret/app:pull", []],
  ["upper case in the name", "repository:Secret/app:pull", []],
  ["an unknown action", "repository:secret/app:admin", []],
  ["unknown actions beside a good one", "repository:secret/app:admin,pull,root", app("pull")],
  ["every repository", "repository:*:pull", []],
  ["every repository of a project", "repository:secret/*:pull", []],
  ["every action on every repository", "repository:*:*", []],
  ["a name that is none", "repository::pull", []],
  ["a way out of a public project", "repository:open/../secret/app:pull", []],
  ["a way into a public project", "repository:secret/app/../../open/app:push", []],
  ["an encoded way out", "repository:open%2f..%2fsecret/app:pull", []],
  ["a slash at the end", "repository:secret/app/:pull", []],
  ["a slash at the beginning", "repository:/secret/app:pull", []],
  ["two slashes", "repository:secret//app:pull", []],
  ["more than one name", "repository:open/app,other/app:push", []],
  ["a host", "repository:127.0.0.1:5000/secret/app:push", []],
  ["a colon too many", "repository:open/app:pull:push", []],
  ["a tag", "repository:open/app:v1:push", []],
  ["a newline before a better one", "repository:open/app:push\nrepository:secret/app:push", []],
  ["a tab before a better one", "repository:open/app:push\trepository:secret/app:push", []],
  ["CR LF and a header", "repository:open/app:pull\r\nx-evil: 1", []],
  ["a NUL in the name", "repository:secret/app\0:push", []],
  ["a NUL behind the actions", "repository:secret/app:push\0", []],
  ["a quote", 'repository:secret/app":push', []],
  ["a backslash", "repository:secret\\app:push", []],
  ["a fullwidth letter", "repository:ｓecret/app:push", []],
  ["a Cyrillic letter", "repository:sеcret/app:push", []],
  ["a letter and a combining mark", "repository:secre\u0301t/app:push", []],
  ["a direction mark", "repository:secret/app\u202e:push", []],
  ["a plugin", "repository(plugin):secret/app:pull,push", app("pull")],
  ["a class that is none", "repository(*):secret/app:pull", []],
  ["JSON", '{"type":"repository","name":"secret/app","actions":["push"]}', []],
  ["SQL", "repository:secret/app' OR '1'='1:push", []],
  ["the catalog by name", "registry:catalog:pull", []],
  ["the catalog, and more of the registry", "registry:catalog:*,delete", [catalogEntry()]],
  ["all of the registry", "registry:*:*", []],
  ["the registry's users", "registry:users:*", []],
  ["another type", "project:secret:administer", []],
  ["the system", "system:*:*", []],
  ["a very long name", `repository:secret/${"a".repeat(30_000)}:pull`, []],
  ["a very long list of actions", `repository:secret/app:${"push,".repeat(6000)}push`, []],
  ["a very long port", `repository:a:${"1".repeat(50_000)}`, []],
  ["nothing", "", []],
  ["spaces", "     ", []],
];

function catalogEntry(): Entry {
  return { type: "registry", name: "catalog", actions: ["*"] };
}

describe(`${twisted.length} attacks: a scope with`, () => {
  it.each(twisted)("%s carries no more than a guest has", async (_, scope, carries) => {
    expect(carried(await ask("guest", [scope]))).toEqual(carries);
  });
});

const many = (count: number, scope: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => scope(i));

describe("4 attacks: a thousand scopes", () => {
  it.each([
    ["apart, all good", many(1000, () => "repository:open/app:pull")],
    ["in one, all good", [many(1000, () => "repository:open/app:pull").join(" ")]],
    ["apart, each another", many(1000, (index) => `repository:p${index}/app:push`)],
  ])("%s are refused", async (_, scopes) => {
    expectError(await ask("guest", scopes), 400, "UNSUPPORTED");
  });

  it("that make no sense carry nothing", async () => {
    expect(carried(await ask("guest", [many(1000, (index) => `nonsense:${index}`).join(" ")]))).toEqual([]);
  });
});

const pieces = fc.constantFrom(
  ...[
    "repository",
    "registry",
    "registry:catalog:*",
    "(plugin)",
    ":",
    ":",
    "*",
    ",",
    "/",
    "..",
    " ",
    "\n",
    '"',
  ],
  ...[
    "secret",
    "open",
    "absent",
    "secret/app",
    "open/app",
    "app",
    "SECRET",
    "pull",
    "push",
    "delete",
    "\0",
    "ｓ",
  ],
);
const shaped = fc
  .tuple(
    fc.constantFrom("repository", "repository(plugin)", "registry"),
    fc.constantFrom("secret/app", "open/app", "secret/x/y", "secret", "app", "absent/app", "catalog", "*"),
    fc.subarray(["pull", "push", "delete", "*", "admin"], { minLength: 1 }),
  )
  .map(([type, name, actions]) => `${type}:${name}:${actions.join(",")}`);
const anyScope = fc.oneof(
  shaped,
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
  fc.string(),
);

const runs = 250;

describe(`${runs} attacks: scopes made up at random`, () => {
  it("never carry more than whoever asks has, nor anything that was not asked", async () => {
    const someone = fc.constantFrom<Member | undefined>(...cast, undefined);
    await fc.assert(
      fc.asyncProperty(someone, fc.array(anyScope, { maxLength: 5 }), async (as, scopes) => {
        const answer = await ask(as, scopes);
        const access = carried(answer);
        expectNoMore(as, access);
        const asked = scopes.join(" ");
        for (const { name } of access) expect(asked).toContain(name);
      }),
      { numRuns: runs },
    );
  });
});

describe(`${cast.length} attacks: what a token carries`, () => {
  it.each(cast)(
    "is worth to %s no more than what the same credentials are worth by themselves",
    async (as) => {
      for (const name of ["secret/app", "open/app"]) {
        const bearer = await use().tokenOf(as, `repository:${name}:*`);
        const image = use().imageIn(name);
        const requests: readonly (readonly [string, string])[] = [
          ["GET", `/v2/${name}/manifests/v1`],
          ["PUT", `/v2/${name}/manifests/bad%20tag`],
          ["DELETE", `/v2/${name}/manifests/${image.digest.replace(/.$/, "g")}`],
        ];
        for (const [method, path] of requests) {
          const [byToken, bySecret] = [
            await use().ask(method, path, { bearer }),
            await use().ask(method, path, { as }),
          ];
          const isRefused = (answer: Answer) => answer.status === 401 || answer.status === 403;
          expect([method, name, isRefused(byToken)]).toEqual([method, name, isRefused(bySecret)]);
        }
      }
    },
  );
});
