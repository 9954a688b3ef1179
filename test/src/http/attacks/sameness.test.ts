// Whether something exists is for those to know who may pull it. To everybody else a private repository and a missing one
// answer alike: status, body and all headers, byte for byte, apart from the request's id and the date.
import { beforeAll, describe, expect, it } from "vitest";
import { basic, useAccounts, type Asking, type Member } from "../../../support/accounts-registry.ts";
import type { Answer } from "../../../support/http-request.ts";
import { digestOf } from "../../../support/images.ts";
import { addressOf, attackedRoutes, type AttackedRoute } from "./routes.ts";

const use = useAccounts();
/** Somebody's, in the private repository. */
let session = "";

beforeAll(async () => {
  session = await use().startUpload("admin", "secret/app");
  await use().administer("POST", "/projects", { name: "hidden" });
});

/** As long as each other, so that lengths compare too. */
const hidden = "secret";
const missing = "absent";

function comparable({ status, rawHeaders, body }: Answer, project: string): string {
  const headers: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = String(rawHeaders[index]);
    const varies = ["x-request-id", "date"].includes(name.toLowerCase());
    headers.push(`${name}: ${varies ? "" : rawHeaders[index + 1]}`);
  }
  return `${status}\n${headers.join("\n")}\n\n${body.toString("latin1")}`
    .replaceAll(`${project}/`, "…/")
    .replaceAll(`project ${project}`, "project …")
    .replace(/"requestId":"[^"]*"/, "");
}

/** What an outsider would send there. */
function sendingFor({ method, path }: AttackedRoute): Asking {
  if (method === "PUT" && path.includes("manifests")) {
    const { bytes, mediaType } = use().imageIn("secret/app");
    return { body: bytes, headers: { "content-type": mediaType } };
  }
  return ["PUT", "PATCH", "POST"].includes(method) ? { body: "content" } : {};
}

const queries = [
  "",
  `?digest=${digestOf("content")}`,
  `?mount=${digestOf("x")}&from=secret/app`,
  "?n=1",
  "?n=-",
];

async function answersTo(route: AttackedRoute, query: string, who: Asking): Promise<[Answer, Answer]> {
  const { digest } = use().imageIn("secret/app");
  const id = session.split("/").at(-1) ?? "";
  const ask = async (project: string) => {
    const address = addressOf(route, { name: `${project}/app`, reference: "v1", digest, id });
    return use().ask(route.method, address + query, { ...sendingFor(route), ...who });
  };
  return [await ask(hidden), await ask(missing)];
}

const inRepositories = attackedRoutes.filter(({ path }) => path.includes("*name"));
const strangers: readonly (readonly [who: string, as: Member | undefined, statuses: readonly number[]])[] = [
  ["anonymous", undefined, [401]],
  ["an outsider", "outsider", [403, 404]],
];

const attacks = strangers.length * inRepositories.length * queries.length;

describe(`${attacks} attacks: private or missing`, () => {
  for (const [who, as, statuses] of strangers) {
    it.each(inRepositories)(`is the same to ${who}: $method $path`, async (route) => {
      for (const query of queries) {
        const [there, absent] = await answersTo(route, query, { as });
        expect(comparable(there, hidden)).toBe(comparable(absent, missing));
        expect(statuses).toContain(there.status);
        // only of sessions an outsider learns that there is none, of either
        if (there.status === 404) expect(route.needs).toBe("session");
      }
    });
  }
});

const tokens: Readonly<Record<string, () => Promise<Asking>>> = {
  "an anonymous token": async () => ({ bearer: await use().tokenOf(undefined) }),
  "a token that carries nothing": async () => ({ bearer: await use().tokenOf("outsider") }),
  "a token for what is public": async () => ({
    bearer: await use().tokenOf("outsider", "repository:open/app:pull"),
  }),
  "a token that was asked for both": async () => ({
    bearer: await use().tokenOf(
      "outsider",
      "repository:secret/app:pull,push repository:absent/app:pull,push",
    ),
  }),
  "a wrong secret": async () => ({
    headers: { authorization: basic("guest", `berth_pat_${"0".repeat(33)}`) },
  }),
  "a token that is none": async () => ({ bearer: "x.y.z" }),
  "a scheme that nobody knows": async () => ({ headers: { authorization: "Digest x" } }),
};

describe(`${Object.keys(tokens).length * inRepositories.length} attacks: private or missing`, () => {
  it.each(Object.entries(tokens))("is the same to %s", async (_, credentials) => {
    const who = await credentials();
    for (const route of inRepositories) {
      const [there, absent] = await answersTo(route, "", who);
      expect(comparable(there, hidden)).toBe(comparable(absent, missing));
      expect([401, 403, 404]).toContain(there.status);
    }
  });
});

describe("12 attacks: a token for what is private or missing", () => {
  it.each<[string, Member | undefined]>([
    ["anonymous", undefined],
    ["an outsider", "outsider"],
    ["the robot of another project", "robot"],
  ])("carries nothing for %s, and the answer is as long", async (_, as) => {
    for (const actions of ["pull", "push", "pull,push", "pull,push,delete"]) {
      const ask = (name: string) =>
        use().ask("GET", `/token?scope=repository:${name}/app:${actions}`, { as, issues: true });
      const inside = as === "robot" ? "hidden" : "secret";
      const [there, absent] = [await ask(inside), await ask("absent")];
      expect([there.status, absent.status]).toEqual([200, 200]);
      const [one, other] = [there, absent].map(
        ({ body }) => JSON.parse(body.toString()) as { scope: string },
      );
      expect([one?.scope, other?.scope]).toEqual(["", ""]);
      expect(there.headers["content-length"]).toBe(absent.headers["content-length"]);
    }
  });
});

describe("2 attacks: private or missing", () => {
  it("is the same to a wrong password", async () => {
    const { path = "", method = "" } = inRepositories[0] ?? {};
    const who = { headers: { authorization: basic("guest", "not the password") } };
    const [there, absent] = await answersTo({ path, method, needs: "pull" }, "", who);
    expect(there.status).toBe(401);
    expect(comparable(there, hidden)).toBe(comparable(absent, missing));
  });
});

describe("2 exceptions", () => {
  it("whoever may pull sees what is missing", async () => {
    const answer = await use().ask("GET", "/v2/secret/none/manifests/v1", { as: "guest" });
    expect(answer.status).toBe(404);
  });

  it("whoever may create projects learns by a push that one is somebody's", async () => {
    const answer = await use().ask("POST", "/v2/secret/app/blobs/uploads/", { as: "creator" });
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain("ask a maintainer of project secret");
    for (const method of ["GET", "HEAD"]) {
      const [there, absent] = [
        await use().ask(method, "/v2/secret/app/manifests/v1", { as: "creator" }),
        await use().ask(method, "/v2/absent/app/manifests/v1", { as: "creator" }),
      ];
      expect(comparable(there, "secret")).toBe(comparable(absent, "absent"));
    }
  });
});
