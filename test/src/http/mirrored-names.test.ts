// The ways to write an image, over HTTP: one repository behind all of them, no way to change it, and nothing behind names
// that nobody configured.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectLog, type LogLines } from "../../support/log-lines.ts";
import { digestOf } from "../../support/images.ts";
import { jsonOf } from "../../support/oci-answer.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { startRegistry, type StartedRegistry } from "../../support/start-registry.ts";
import { startFakeUpstream, type FakeUpstream } from "../../support/upstream/fake-upstream.ts";
import type { AddedImage } from "../../support/upstream/upstream-content.ts";

let upstream: FakeUpstream;
let registry: StartedRegistry;
let client: RegistryClient;
let log: LogLines;
let alpine: AddedImage;
let twisted: AddedImage;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  alpine = upstream.addImage("library/alpine", "3.20");
  twisted = upstream.addImage("a/manifests/b", "v1");
  log = collectLog();
  const upstreams = [
    { host: "docker.io", prefixes: ["hub"], url: upstream.url, deny: ["denied/**"] },
    { host: "registry.k8s.io", url: upstream.url, aliases: ["other.example.com:5000"] },
  ];
  const mirror = { default: "docker.io", virtual: [{ from: "images/*", to: "docker.io/library/*" }] };
  registry = await startRegistry({
    env: { BERTH_UPSTREAMS: JSON.stringify(upstreams), BERTH_MIRROR: JSON.stringify(mirror) },
    logger: log.logger,
  });
  client = new RegistryClient(registry.url);
  await client.pushImage("library/own", "v1");
});
afterAll(async () => {
  client.close();
  await registry.close();
  await upstream.close();
});

const paths: readonly string[] = [
  "/v2/docker.io/library/alpine/manifests/3.20",
  "/v2/docker.io/alpine/manifests/3.20",
  "/v2/index.docker.io/library/alpine/manifests/3.20",
  "/v2/hub/alpine/manifests/3.20",
  "/v2/docker.io/v2/library/alpine/manifests/3.20",
  "/v2/library/alpine/manifests/3.20",
  "/v2/alpine/manifests/3.20",
  "/v2/images/alpine/manifests/3.20",
  "/docker.io/v2/library/alpine/manifests/3.20",
  "/hub/v2/alpine/manifests/3.20",
  "/Hub/v2/alpine/manifests/3.20",
  "/v2/library/alpine/manifests/3.20?ns=docker.io",
  "/v2/alpine/manifests/3.20?ns=registry-1.docker.io&unknown=%zz",
  "/v2/library%2Falpine/manifests/3.20?ns=DOCKER.io:443",
  "/hub/v2/alpine/manifests/3.20?ns=index.docker.io",
];

describe("an image of an upstream", () => {
  it.each(paths)("is at %s", async (path) => {
    for (const method of ["HEAD", "GET"]) {
      const id = `at-${paths.indexOf(path)}-${method}`;
      const answer = await client.send(method, path, { headers: { "x-request-id": id } });
      expect([answer.status, answer.headers["docker-content-digest"]]).toEqual([200, alpine.digest]);
      expect(answer.headers["oci-namespace"]).toBe(
        new URL(path, "http://x").searchParams.get("ns") ?? undefined,
      );
      await expect
        .poll(() => log.of(id))
        .toMatchObject({ url: path, repository: "docker.io/library/alpine" });
    }
  });

  it("has its blobs, tags and referrers behind the same names", async () => {
    const [layer = ""] = alpine.manifests[0]?.layers ?? [];
    for (const base of ["/v2/hub/alpine", "/hub/v2/alpine", "/v2/alpine", "/v2/docker.io/v2/alpine"]) {
      const blob = await client.send("GET", `${base}/blobs/${layer}`);
      expect([base, blob.status, digestOf(blob.body)]).toEqual([base, 200, layer]);
      const look = await client.send("HEAD", `${base}/blobs/${layer}`);
      if (base !== "/v2/alpine") {
        expect(look.headers).toMatchObject({ "cache-status": "berth; hit", age: "0" });
      }
      const tags = jsonOf(await client.send("GET", `${base}/tags/list`));
      expect(tags).toEqual({ name: "docker.io/library/alpine", tags: ["3.20"] });
      expect((await client.send("GET", `${base}/referrers/${alpine.digest}`)).status).toBe(200);
    }
  });

  it("has a next page under its one name", async () => {
    upstream.addImage("library/many", "a");
    upstream.addImage("library/many", "b");
    const answer = await client.send("GET", "/v2/many/tags/list?ns=docker.io&n=1");
    expect(answer.headers.link).toBe('</v2/docker.io/library/many/tags/list?n=1&last=a>; rel="next"');
  });

  it("may have a path that looks like one of ours", async () => {
    for (const base of ["/v2/docker.io/a/manifests/b", "/hub/v2/a/manifests/b", "/v2/a/manifests/b"]) {
      const answer = await client.send("GET", `${base}/manifests/v1`);
      expect([base, answer.headers["docker-content-digest"]]).toEqual([base, twisted.digest]);
    }
  });

  it.each<[string, string]>([
    ["PUT", "/v2/docker.io/library/alpine/manifests/3.20"],
    ["PUT", "/v2/alpine/manifests/3.20?ns=docker.io"],
    ["DELETE", "/hub/v2/alpine/manifests/3.20"],
    ["DELETE", `/v2/hub/alpine/blobs/sha256:${"0".repeat(64)}`],
    ["POST", "/v2/docker.io/library/alpine/blobs/uploads/"],
    ["POST", "/v2/images/alpine/blobs/uploads/"],
    ["POST", "/v2/docker.io/blobs/uploads/"],
    ["POST", "/v2/index.docker.io/blobs/uploads/"],
    ["PUT", "/v2/docker.io/manifests/v1"],
    ["PATCH", "/v2/docker.io/library/alpine/blobs/uploads/x"],
    ["PUT", "/v2/docker.io/library/new/blobs/uploads/x?digest=y"],
    ["DELETE", "/v2/docker.io/library/alpine/blobs/uploads/x"],
  ])("can't be changed by %s %s", async (method, path) => {
    const answer = await client.send(method, path);
    expect([answer.status, answer.headers["allow"]]).toEqual([405, "GET, HEAD"]);
    expect(answer.body.toString()).toContain("mirrors docker.io");
  });
});

describe("a repository of our own", () => {
  it("comes before the default upstream, and never with ns", async () => {
    upstream.addImage("library/own", "v1");
    const own = await client.send("GET", "/v2/library/own/manifests/v1");
    const theirs = await client.send("GET", "/v2/library/own/manifests/v1?ns=docker.io");
    expect([own.status, theirs.status]).toEqual([200, 200]);
    expect(own.headers["docker-content-digest"]).not.toBe(theirs.headers["docker-content-digest"]);
  });

  it("is what a push without an upstream's name makes, although the upstream has it", async () => {
    upstream.addImage("library/pushed", "v1");
    const [layer = Buffer.alloc(0)] = (await client.pushImage("library/pushed", "v1")).layers;
    expect((await client.send("HEAD", `/v2/library/pushed/blobs/${digestOf(layer)}`)).status).toBe(200);
  });

  it("is told what it lacks by HEAD, whatever the upstream has", async () => {
    const layer = alpine.manifests[0]?.layers[0] ?? "";
    expect((await client.send("GET", `/v2/library/alpine/blobs/${layer}`)).status).toBe(200);
    expect((await client.send("HEAD", `/v2/library/alpine/blobs/${layer}`)).status).toBe(404);
    expect((await client.send("HEAD", `/v2/hub/alpine/blobs/${layer}`)).status).toBe(200);
  });

  it.each(["docker.io/library/alpine", "hub/alpine", "alpine"])(
    "may mount what is cached from %s",
    async (from) => {
      const layer = alpine.manifests[0]?.layers[0] ?? "";
      await client.send("GET", `/v2/docker.io/library/alpine/blobs/${layer}`);
      const path = `/v2/library/copy${from.length}/blobs/uploads/?mount=${layer}&from=${from}`;
      expect((await client.send("POST", path)).status).toBe(201);
    },
  );
});

describe("what nobody configured", () => {
  it.each([
    "/v2/library/own/manifests/v1?ns=quay.io",
    "/v2/library/own/manifests/v1?ns=127.0.0.1",
    "/v2/library/own/manifests/v1?ns=doc%E2%84%AAer.io",
    "/v2/library/own/manifests/v1?ns=docker.io:5000",
    "/v2/library/own/manifests/v1?ns=hub",
    "/quay.io/v2/library/own/manifests/v1",
    "/v1/v2/library/own/manifests/v1",
    "/hub/v2/library/own/manifests/v1?ns=registry.k8s.io",
    "/v2/docker.io/denied/app/manifests/v1",
    "/v2/denied/app/manifests/v1",
    "/quay.io/v2/",
    "/v2/quay.io/v2/",
  ])("%s is answered at once, and no upstream hears of it", async (path) => {
    const before = upstream.requests.all.length;
    const answer = await client.send("GET", path);
    expect([answer.status, jsonOf(answer)]).toMatchObject([404, { errors: [{ code: "NAME_UNKNOWN" }] }]);
    expect(upstream.requests.all.length).toBe(before);
  });

  it.each([
    "/hub/v2/_catalog",
    "/hub/v2/_oci/ext/discover",
    "/hub/v2x/alpine/manifests/3.20",
    "/a/hub/v2/x/tags/list",
  ])("%s is no address", async (path) => {
    expect(jsonOf(await client.send("GET", path))).toMatchObject({ errors: [{ code: "UNSUPPORTED" }] });
  });

  it.each([
    "/v2/docker.io/UPPER/manifests/v1",
    "/hub/v2/../own/manifests/v1",
    "/v2/x..y/manifests/1?ns=docker.io",
  ])("%s is no name", async (path) => {
    expect((await client.send("GET", path)).status).toBe(400);
  });
});

describe("the ping", () => {
  it.each(["/v2/", "/v2", "/hub/v2/", "/hub/v2", "/docker.io/v2/", "/v2/docker.io/v2/", "/v2/?ns=docker.io"])(
    "is answered at %s",
    async (path) => {
      const answer = await client.send("GET", path);
      expect([answer.status, jsonOf(answer)]).toEqual([200, {}]);
    },
  );
});

it("the log tells of a second /v2 once, however often it comes", async () => {
  for (let asked = 0; asked < 3; asked++) await client.send("GET", "/v2/docker.io/v2/alpine/manifests/3.20");
  const hints = log.lines.filter((line) => String(line["msg"]).includes("another /v2"));
  expect(hints).toMatchObject([{ upstream: "docker.io" }]);
});
