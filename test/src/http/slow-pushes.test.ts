// A push whose body takes its time, and a right that is taken away meanwhile: what comes of the push is decided when all
// of it is there.
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { useAccounts, type AccountsRegistry, type Member } from "../../support/accounts-registry.ts";
import { answerTo, open, type Answer } from "../../support/http-request.ts";

describe("a manifest whose body is awaited", () => {
  const accounts = useAccounts();

  /** Let in, and asked for its body; `finish` sends it. */
  const beginPut = async (as: Member, path: string): Promise<() => Promise<Answer>> => {
    const { body, headers } = index;
    const { url } = accounts();
    const outgoing = open(url, "PUT", path, {
      headers: {
        ...headers,
        authorization: accounts().basicOf(as),
        "content-length": body.length,
        expect: "100-continue",
      },
    });
    const answered = answerTo(outgoing);
    outgoing.flushHeaders();
    await once(outgoing, "continue");
    return () => {
      outgoing.end(body);
      return answered;
    };
  };

  const losses: readonly [string, Member, string, (registry: AccountsRegistry) => Promise<unknown>][] = [
    [
      "whose pusher lost the role",
      "developer",
      "secret/app",
      (registry) => registry.administer("DELETE", "/projects/secret/members/user/developer"),
    ],
    [
      "whose pusher was disabled",
      "maintainer",
      "secret/app",
      (registry) => registry.administer("PATCH", "/users/maintainer", { disabled: true }),
    ],
    [
      "whose robot may only pull by now",
      "robot",
      "secret/app",
      (registry) => registry.administer("PATCH", "/robots/robot", { actions: ["pull"] }),
    ],
  ];

  test.for(losses)("%s is not taken", async ([, member, repository, lose]) => {
    const registry = accounts();
    const finish = await beginPut(member, `/v2/${repository}/manifests/late`);
    await lose(registry);
    expect((await finish()).status).toBe(403);
    const found = await registry.ask("HEAD", `/v2/${repository}/manifests/late`, { as: "admin" });
    expect(found.status).toBe(404);
  });

  test("is not taken once its project is deleted, and makes none", async () => {
    const registry = accounts();
    await registry.administer("POST", "/projects", { name: "brief" });
    const finish = await beginPut("everywhere", "/v2/brief/app/manifests/late");
    await registry.administer("DELETE", "/projects/brief");
    expect((await finish()).status).toBe(403);
    expect((await registry.ask("GET", "/api/v1/projects/brief", { as: "admin" })).status).toBe(404);
  });

  test("is taken when nothing happened meanwhile", async () => {
    const finish = await beginPut("creator", "/v2/fresh/app/manifests/late");
    expect((await finish()).status).toBe(201);
  });
});

const index = {
  headers: { "content-type": "application/vnd.oci.image.index.v1+json" },
  body: Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [],
    }),
  ),
};
