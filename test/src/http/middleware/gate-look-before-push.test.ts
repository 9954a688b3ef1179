// What clients look at before and after they push, for an account that may push and not pull: enough to push, and nothing
// to read.
import { beforeAll, describe, expect, it } from "vitest";
import { digestOf, randomBlob } from "../../../support/images.ts";
import { basic, useAccounts } from "../../../support/accounts-registry.ts";
import { jsonOf } from "../../../support/oci-answer.ts";

const accounts = useAccounts();
let writer: string;
/** A token for all that it may have of pull and push. */
let token: string;

beforeAll(async () => {
  const robot = { name: "writer", actions: ["push"] };
  const created = await accounts().administer("POST", "/projects/secret/robots", robot);
  const { secret } = created as { secret: string };
  writer = basic("writer", secret);
  const query = "service=berth&scope=repository:secret/app:pull,push";
  const headers = { authorization: writer };
  const answer = await accounts().ask("GET", `/token?${query}`, { headers, issues: true });
  ({ token } = jsonOf(answer) as { token: string });
});

describe("an account that may push and not pull", () => {
  it.each([
    ["HEAD", "manifests/v1", 200],
    ["HEAD", "manifests/absent", 404],
    ["HEAD", `blobs/${digestOf(randomBlob())}`, 404],
    ["GET", "manifests/v1", 403],
    ["GET", "manifests/absent", 403],
    ["GET", "tags/list", 403],
  ])("gets for %s %s a %i, by Basic and by token", async (method, path, status) => {
    for (const authorization of [writer, `Bearer ${token}`]) {
      const answer = await accounts().ask(method, `/v2/secret/app/${path}`, { headers: { authorization } });
      expect([path, answer.status]).toEqual([path, status]);
    }
  });

  it("may be an access token that is limited to pushes, of somebody who may pull", async () => {
    const wanted = { label: "pushes", actions: ["push"] };
    const { secret } = (await accounts().administer("POST", "/users/maintainer/tokens", wanted)) as {
      secret: string;
    };
    const limited = basic("maintainer", secret);
    const scope = "scope=repository:secret/app:pull,push&scope=registry:catalog:*";
    const issued = await accounts().ask("GET", `/token?service=berth&${scope}`, {
      headers: { authorization: limited },
      issues: true,
    });
    expect(jsonOf(issued)).toMatchObject({ scope: "repository:secret/app:push" });
    for (const authorization of [limited, `Bearer ${(jsonOf(issued) as { token: string }).token}`]) {
      const headers = { authorization };
      const statusOf = async (method: string, path: string) =>
        (await accounts().ask(method, `/v2/${path}`, { headers })).status;
      const refused = authorization === limited ? 403 : 401;
      expect(await statusOf("HEAD", "secret/app/manifests/v1")).toBe(200);
      expect(await statusOf("GET", "secret/app/manifests/v1")).toBe(refused);
      expect(await statusOf("GET", "_catalog")).toBe(refused);
    }
  });

  it("sees a blob that it has just sent", async () => {
    const blob = randomBlob();
    const headers = { authorization: `Bearer ${token}` };
    const digest = digestOf(blob);
    const path = `/v2/secret/app/blobs/uploads/?digest=${digest}`;
    expect((await accounts().ask("POST", path, { headers, body: blob })).status).toBe(201);
    expect((await accounts().ask("HEAD", `/v2/secret/app/blobs/${digest}`, { headers })).status).toBe(200);
    expect((await accounts().ask("GET", `/v2/secret/app/blobs/${digest}`, { headers })).status).toBe(403);
  });

  it("sees nothing where it may not push, nor in a project that there is not", async () => {
    for (const repository of ["open-not/app", "missing/app"]) {
      const headers = { authorization: writer };
      expect((await accounts().ask("HEAD", `/v2/${repository}/manifests/v1`, { headers })).status).toBe(403);
    }
  });

  it("may not lend its token's push to a look elsewhere", async () => {
    const headers = { authorization: `Bearer ${token}` };
    expect((await accounts().ask("HEAD", "/v2/secret/other/manifests/v1", { headers })).status).toBe(403);
  });
});
