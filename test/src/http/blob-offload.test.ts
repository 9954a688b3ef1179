// Large blobs that nginx sends (http.offload): who is answered with a file, and for which request. What comes out of a
// real nginx is in the end-to-end tests.
import { readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { AccountsRegistry } from "../../support/accounts-registry.ts";
import type { Answer } from "../../support/http-request.ts";
import { randomBlob } from "../../support/images.ts";
import { collectLog } from "../../support/log-lines.ts";
import { expectError } from "../../support/oci-answer.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { testRegistry } from "../../support/test-registry.ts";
import { startFakeUpstream } from "../../support/upstream/fake-upstream.ts";
import { useRegistry } from "../../support/use-registry.ts";

/** Less is sent by Berth itself. */
const least = 256 * 1024;
const offload = { BERTH_HTTP_OFFLOAD: "nginx", BERTH_HTTP_TRUSTED_PROXIES: "[loopback]" };
const offer = { "x-berth-offload": "nginx" };
const content = randomBlob(2 * least);

/** `file`, or how many bytes came. */
const sent = ({ headers, body }: Answer): string =>
  headers["x-accel-redirect"] === undefined ? `${body.length} bytes` : "file";

describe("with http.offload: nginx", () => {
  const use = useRegistry({ env: offload });
  let path = "";
  let small = "";
  beforeAll(async () => {
    path = `/v2/team/app/blobs/${await use.client.pushBlob("team/app", content)}`;
    small = `/v2/team/app/blobs/${await use.client.pushBlob("team/app", content.subarray(0, least - 1))}`;
  });

  it("a large blob is a file for nginx below the folder of the blobs, and carries what nginx is to say of it", async () => {
    const direct = await use.client.send("GET", path);
    const { status, headers, body } = await use.client.send("GET", path, { headers: offer });
    expect([status, body.length, headers["content-length"]]).toEqual([200, 0, "0"]);
    const [, file = ""] = /^\/berth-blobs\/([a-z0-9/.]+)$/.exec(String(headers["x-accel-redirect"])) ?? [];
    const stored = await readFile(join(use.registry.dataDirectory, "blobs", "blobs", file));
    expect(stored.equals(content)).toBe(true);
    for (const name of ["content-type", "etag", "docker-content-digest", "docker-distribution-api-version"])
      expect([name, headers[name]]).toEqual([name, direct.headers[name]]);
    expect(headers["x-berth-cache-control"]).toBe(direct.headers["cache-control"]);
    // nginx would keep them for whatever comes in the file's place, and a cache might keep this answer for others
    expect([headers["cache-control"], headers["accept-ranges"]]).toEqual([undefined, undefined]);
    expect(headers["vary"]).toBe("x-berth-offload");
  });

  const size = content.length;
  it.each<[string, Record<string, string>, string]>([
    ["nothing else", {}, "file"],
    ["the least that is worth it", { range: `bytes=1-${least}` }, "file"],
    ["a range to the end", { range: `bytes=${least}-` }, "file"],
    ["the end", { range: `bytes=-${least}` }, "file"],
    ["a range of other content", { range: "bytes=0-", "if-range": `"sha256:other"` }, `${size} bytes`],
    ["a smaller range", { range: `bytes=2-${least}` }, `${least - 1} bytes`],
    ["a range that reaches far beyond", { range: "bytes=0-9999999999999999" }, `${size} bytes`],
    ["several ranges", { range: "bytes=0-300000,300002-" }, `${size} bytes`],
    ["a range that is none", { range: "bytes=9-1" }, `${size} bytes`],
    ["If-Match", { "if-match": '"sha256:other"' }, `${size} bytes`],
    ["If-Unmodified-Since", { "if-unmodified-since": "Wed, 21 Oct 2015 07:28:00 GMT" }, `${size} bytes`],
    ["another offer", { "x-berth-offload": "apache" }, `${size} bytes`],
    ["a failed one", { "x-berth-offload": "failed" }, `${size} bytes`],
    ["two offers", { "x-berth-offload": "nginx, nginx" }, `${size} bytes`],
  ])("asked for with %s it is: %j → %s", async (_, headers, expected) => {
    const answer = await use.client.send("GET", path, { headers: { ...offer, ...headers } });
    expect([Math.floor(answer.status / 100), sent(answer)]).toEqual([2, expected]);
  });

  it("everything else is Berth's own answer, as without an offer", async () => {
    const digest = path.split("/").at(-1) ?? "";
    const rows: [method: string, path: string, headers: Record<string, string>, status: number][] = [
      ["HEAD", path, {}, 200],
      ["GET", small, {}, 200],
      ["GET", path, { "if-none-match": `"${digest}"` }, 304],
      ["GET", path, { range: `bytes=${size}-` }, 416],
      ["GET", path.replace("team/app", "team/other"), {}, 404],
      ["GET", `/v2/team/app/blobs/sha256:${"0".repeat(64)}`, {}, 404],
      ["GET", "/v2/team/app/tags/list", {}, 404],
    ];
    for (const [method, address, headers, status] of rows) {
      const same = { ...headers, "x-request-id": "same" };
      const plain = await use.client.send(method, address, { headers: same });
      const offered = await use.client.send(method, address, { headers: { ...same, ...offer } });
      expect([method, address, offered.status]).toEqual([method, address, status]);
      expect({ ...offered.headers, date: "" }).toEqual({ ...plain.headers, date: "" });
      expect(offered.body.equals(plain.body)).toBe(true);
    }
  });

  it("what is damaged is absent, and no file", async () => {
    const registry = await testRegistry({ env: offload });
    for (const damage of [(file: string) => truncate(file, least), (file: string) => rm(file)]) {
      const blob = `/v2/team/app/blobs/${await registry.client.pushBlob("team/app", randomBlob(2 * least))}`;
      const { headers } = await registry.client.send("GET", blob, { headers: offer });
      const file = String(headers["x-accel-redirect"]).replace("/berth-blobs/", "");
      await damage(join(registry.dataDirectory, "blobs", "blobs", file));
      expectError(await registry.client.send("GET", blob, { headers: offer }), 404, "BLOB_UNKNOWN");
    }
  });
});

describe("an offer by somebody whom nobody trusts", () => {
  it.each<[string, Record<string, string>]>([
    ["no such proxy", { ...offload, BERTH_HTTP_TRUSTED_PROXIES: "[10.0.0.0/8]" }],
    ["nothing said of nginx", { BERTH_HTTP_TRUSTED_PROXIES: "[loopback]" }],
  ])("is not heard: %s", async (_, env) => {
    const { client } = await testRegistry({ env });
    const path = `/v2/team/app/blobs/${await client.pushBlob("team/app", content)}`;
    const headers = { ...offer, "x-forwarded-for": "10.0.0.1" };
    const answer = await client.send("GET", path, { headers });
    expect([sent(answer), answer.body.equals(content)]).toEqual([`${content.length} bytes`, true]);
  });
});

describe("nginx that may not open a file", () => {
  it("is sent the bytes; one line in ten minutes says what to do", async () => {
    const log = collectLog();
    const { client } = await testRegistry({ env: offload, logger: log.logger });
    const path = `/v2/team/app/blobs/${await client.pushBlob("team/app", content)}`;
    const failed = { "x-berth-offload": "failed" };
    for (let times = 0; times < 3; times += 1)
      expect((await client.send("GET", path, { headers: failed })).body.equals(content)).toBe(true);
    const warnings = log.lines.filter(({ msg }) =>
      /^nginx could not open a blob .*error log/.test(String(msg)),
    );
    expect(warnings.map(({ file }) => String(file).slice(0, 7))).toEqual(["sha256/"]);
  });
});

describe("the log", () => {
  it("tells requests whose bytes nginx sent", async () => {
    const log = collectLog();
    const { client } = await testRegistry({ env: offload, logger: log.logger });
    const path = `/v2/team/app/blobs/${await client.pushBlob("team/app", content)}`;
    await client.send("GET", path, { headers: { ...offer, "x-request-id": "one" } });
    await client.send("GET", path, { headers: { "x-request-id": "two" } });
    await expect.poll(() => log.of("two")).toMatchObject({ status: 200 });
    expect([log.of("one")?.["offloaded"], log.of("two")?.["offloaded"]]).toEqual([true, undefined]);
  });
});

describe("a mirror", () => {
  it("sends what it is fetching itself, and hands over what it holds", async () => {
    const upstream = await startFakeUpstream();
    onTestFinished(() => upstream.close());
    const image = upstream.addImage("library/big", "1", { layers: [content] });
    const upstreams = JSON.stringify([{ host: "docker.io", url: upstream.url }]);
    const { client } = await testRegistry({ env: { ...offload, BERTH_UPSTREAMS: upstreams } });
    const path = `/v2/docker.io/library/big/blobs/${image.manifests[0]?.layers[0]}`;
    await client.send("GET", "/v2/docker.io/library/big/manifests/1");
    const first = await client.send("GET", path, { headers: offer });
    expect([sent(first), first.body.equals(content)]).toEqual([`${content.length} bytes`, true]);
    const next = () => client.send("GET", path, { headers: offer });
    await expect.poll(async () => sent(await next())).toBe("file");
    expect((await next()).headers).toMatchObject({ "cache-status": "berth; hit", age: "0" });
  });
});

describe("with accounts", () => {
  it("whoever may not pull is refused as ever, whoever may is handed the file", async () => {
    const berth = await AccountsRegistry.start(offload);
    onTestFinished(() => berth.close());
    const admin = new RegistryClient(berth.url, { headers: { authorization: berth.basicOf("admin") } });
    onTestFinished(() => admin.close());
    const path = `/v2/secret/app/blobs/${await admin.pushBlob("secret/app", content)}`;
    for (const as of [undefined, "outsider", "guest"] as const) {
      const plain = await berth.ask("GET", path, { as });
      const offered = await berth.ask("GET", path, { as, headers: offer });
      expect([as, offered.status, sent(offered) === "file"]).toEqual([as, plain.status, as === "guest"]);
      expect(offered.status).toBe(as === "guest" ? 200 : as === undefined ? 401 : 403);
    }
  });
});
