// One line for each request, whatever becomes of it, and the same request in the metrics.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerTo, open, responseTo } from "../../support/http-request.ts";
import { digestOf, imageIndex } from "../../support/images.ts";
import { collectLog, type LogLines } from "../../support/log-lines.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

let log: LogLines;
let served: ServedParts;
let client: RegistryClient;
beforeEach(async () => {
  log = collectLog();
  served = await serveParts({ logger: log.logger });
  client = new RegistryClient(served.url);
});
afterEach(async () => {
  client.close();
  await served.close();
});

const lineOf = async (requestId: string) => {
  await expect.poll(() => log.of(requestId)).toBeDefined();
  return log.of(requestId)!;
};

describe("the log line of a request", () => {
  it("tells who asked for what, what the answer was, and how much went over the wire", async () => {
    const content = Buffer.alloc(100_000);
    const path = `/v2/log/app/blobs/uploads/?digest=${digestOf(content)}`;
    const headers = { "user-agent": "tester/1", "x-request-id": "push-1" };
    await client.send("POST", path, { body: content, headers });
    const line = await lineOf("push-1");
    expect(line).toMatchObject({
      level: "info",
      msg: "request",
      method: "POST",
      url: path,
      status: 201,
      remote: "127.0.0.1",
      userAgent: "tester/1",
    });
    expect(line["time"]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(line["milliseconds"]).toBeGreaterThan(0);
    expect(line["bytesIn"]).toBeGreaterThan(100_000);
    expect(line["bytesIn"]).toBeLessThan(110_000);
    expect(line["bytesOut"]).toBeGreaterThan(100);
    expect(line["aborted"]).toBeUndefined();
    await client.send("GET", `/v2/log/app/blobs/${digestOf(content)}`, {
      headers: { "x-request-id": "pull-1" },
    });
    const pull = await lineOf("pull-1");
    expect([pull["status"], Number(pull["bytesOut"]) > 100_000, Number(pull["bytesIn"]) < 10_000]).toEqual([
      200,
      true,
      true,
    ]);
  });

  it("does not grow with what a client says of itself", async () => {
    const headers = { "user-agent": "a".repeat(10_000), "x-request-id": "long-1" };
    await client.send("GET", `/v2/?${"b".repeat(10_000)}`, { headers });
    const { userAgent, url } = await lineOf("long-1");
    expect([String(userAgent).length, String(url).length]).toEqual([512, 2048]);
  });

  it("comes once for each request of a connection, refused ones included", async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `many-${n}`);
    const paths = ["/v2/", "/v2/nothing", "/v2/x/manifests/v1", "/livez", "/v2/X/tags/list"];
    for (const [n, id] of ids.entries())
      await client.send("GET", paths[n % 5]!, { headers: { "x-request-id": id } });
    for (const id of ids) await lineOf(id);
    const lines = log.lines.filter((line) => String(line["requestId"]).startsWith("many-"));
    expect(lines.map((line) => line["requestId"])).toEqual(ids);
    expect(lines.slice(0, 5).map((line) => line["status"])).toEqual([200, 404, 404, 200, 400]);
  });

  it("is not lost when the client leaves during a download", async () => {
    const digest = await client.pushBlob("log/download", Buffer.alloc(24 * 1024 * 1024));
    const headers = { "x-request-id": "left-1" };
    const outgoing = open(served.url, "GET", `/v2/log/download/blobs/${digest}`, { headers });
    outgoing.end();
    (await responseTo(outgoing)).destroy();
    expect(await lineOf("left-1")).toMatchObject({ status: 200, aborted: true });
  });

  it.each(["PATCH", "manifest PUT"])(
    "is not lost when the client leaves during a %s, and is no error of ours",
    async (what) => {
      const path = what === "PATCH" ? await client.startUpload("log/upload") : "/v2/log/upload/manifests/v1";
      const requestId = `left-${what.replace(" ", "-")}`;
      const headers = { "x-request-id": requestId, "content-length": 1000 };
      const outgoing = open(served.url, what === "PATCH" ? "PATCH" : "PUT", path, { headers });
      const failed = answerTo(outgoing).catch(() => "cut");
      await new Promise<void>((resolve) => outgoing.write("some", () => resolve()));
      outgoing.destroy();
      expect(await failed).toBe("cut");
      // The client closed its request, so that nobody got an answer.
      expect(await lineOf(requestId)).toMatchObject({ status: 499, aborted: true });
      await client.send("GET", "/v2/");
      expect(log.lines.filter((line) => line["level"] === "error")).toEqual([]);
    },
  );
});

describe("the metrics", () => {
  it("count requests by row of the route table, and never name a repository", async () => {
    await client.pushManifest("secret/name", "v1", imageIndex([]));
    await client.send("GET", "/v2/secret/name/manifests/v1");
    await client.send("GET", "/v2/secret/name/manifests/v2");
    await client.send("GET", "/secret/path");
    // what is counted at its end may end a turn after its client has all of it
    await expect.poll(async () => (await served.metrics.render()).text).toContain("_in_flight_requests 0\n");
    const { contentType, text } = await served.metrics.render();
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = text.split("\n");
    const count = (method: string, code: number, route = "/v2/*name/manifests/:reference") =>
      lines.find((line) =>
        line.startsWith(`berth_http_requests_total{method="${method}",route="${route}",code="${code}"}`),
      );
    expect(count("PUT", 201)).toMatch(/ 1$/);
    expect(count("GET", 200)).toMatch(/ 1$/);
    expect(count("GET", 404)).toMatch(/ 1$/);
    expect(count("GET", 404, "none")).toMatch(/ 1$/);
    expect(text).not.toContain("secret");
    expect(text).toContain("berth_http_request_duration_seconds_bucket");
    expect(text).toContain("berth_process_resident_memory_bytes");
  });
});
