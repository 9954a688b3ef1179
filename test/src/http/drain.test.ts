// The way out: what runs may finish, nothing new begins, and nobody waits longer than configured.
import { once } from "node:events";
import { Agent } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { answerTo, open, readAnswer, responseTo } from "../../support/http-request.ts";
import { digestOf } from "../../support/images.ts";
import { openSocket, parseAnswer, readToEnd, readUntil } from "../../support/raw-socket.ts";
import { testRegistry } from "../../support/test-registry.ts";

const start = (drainSeconds: number, more: Record<string, string> = {}) =>
  testRegistry({ env: { BERTH_HTTP_DRAIN_SECONDS: String(drainSeconds), ...more } });

const refused = async (url: string) => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  return once(socket, "connect").then(
    () => "accepted",
    (error: unknown) => (error as NodeJS.ErrnoException).code,
  );
};

describe("a registry on its way out", () => {
  it("finishes a running upload and a running download, and then is gone at once", async () => {
    const registry = await start(60);
    const content = Buffer.alloc(24 * 1024 * 1024, "abc");
    const digest = await registry.client.pushBlob("drain/app", content);
    const agent = new Agent({ keepAlive: true });
    const download = open(registry.url, "GET", `/v2/drain/app/blobs/${digest}`, { agent });
    download.end();
    const response = await responseTo(download);
    const session = await registry.client.startUpload("drain/app");
    const headers = { "content-length": 6 };
    const upload = open(registry.url, "PUT", `${session}?digest=${digestOf("first!")}`, { headers, agent });
    const uploaded = answerTo(upload);
    await new Promise<void>((resolve) => upload.write("fir", () => resolve()));
    // The last request before: its connection is kept open, and idle.
    expect((await registry.client.send("GET", "/livez")).headers.connection).toBe("keep-alive");
    let gone = false;
    const closed = registry.close().then(() => (gone = true));
    await expect.poll(() => refused(registry.url)).toBe("ECONNREFUSED");
    upload.end("st!");
    expect((await uploaded).status).toBe(201);
    expect(gone).toBe(false);
    expect((await readAnswer(response)).body.equals(content)).toBe(true);
    await closed;
    agent.destroy();
  });

  it("says so to the connections it still has: not ready, and Connection: close", async () => {
    const registry = await start(60);
    const socket = await openSocket(registry.url);
    // A request that has begun keeps its connection from being idle.
    socket.write("GET /readyz HTTP/1.1\r\nHost: x\r\n");
    await expect
      .poll(async () => (await fetch(`${registry.url}/readyz`, { headers: { connection: "close" } })).status)
      .toBe(200);
    const closed = registry.close();
    await expect.poll(() => refused(registry.url)).toBe("ECONNREFUSED");
    socket.write("\r\n");
    const answer = parseAnswer(await readToEnd(socket));
    expect([answer.status, answer.headers["connection"]]).toEqual([503, "close"]);
    expect(JSON.parse(answer.body)).toEqual({ status: "not ready", reason: "shutting down" });
    await closed;
  });

  it("closes connections at once that never sent anything", async () => {
    const registry = await start(60);
    const socket = await openSocket(registry.url);
    // The server has seen the connection once it has answered one that came later.
    await registry.client.send("GET", "/livez");
    const ended = readToEnd(socket);
    await registry.close();
    expect(await ended).toBe("");
  });

  it("closes idle connections at once", async () => {
    const registry = await start(60);
    const socket = await openSocket(registry.url);
    socket.write("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n");
    await readUntil(socket, "{}");
    const ended = readToEnd(socket);
    await registry.close();
    expect(await ended).toBe("");
  });

  it("cuts what still runs when its time is over, and remembers what had arrived", async () => {
    const registry = await start(1, { BERTH_UPLOADS_LEASE_SECONDS: "3600" });
    const digest = await registry.client.pushBlob("drain/cut", Buffer.alloc(24 * 1024 * 1024));
    const download = open(registry.url, "GET", `/v2/drain/cut/blobs/${digest}`);
    download.end();
    const response = await responseTo(download);
    const session = await registry.client.startUpload("drain/cut");
    const upload = open(registry.url, "PATCH", session, { headers: { "content-length": 100 } });
    const uploaded = answerTo(upload).catch(() => "cut");
    await new Promise<void>((resolve) => upload.write("0123456789", () => resolve()));
    await registry.close();
    expect(await uploaded).toBe("cut");
    await expect(readAnswer(response)).rejects.toThrow("aborted");
    const again = await testRegistry({ dataDirectory: registry.dataDirectory });
    const state = await again.client.send("GET", session);
    expect([state.status, state.headers.range]).toEqual([204, "0-9"]);
  });
});
