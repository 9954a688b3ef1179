// REQ-62: limits count silence, never time. Transfers here take several times the limit, with a byte moving in between.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerTo, open, responseTo } from "../../support/http-request.ts";
import { digestOf, randomBlob } from "../../support/images.ts";
import { collectLog } from "../../support/log-lines.ts";
import { exchange, openSocket, parseAnswer, readToEnd } from "../../support/raw-socket.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { testRegistry } from "../../support/test-registry.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

const inactivitySeconds = 2;
/** Ten steps of a fifth of the limit: twice the limit in all. */
const steps = 10;
const stepMilliseconds = (inactivitySeconds * 1000) / 5;

const log = collectLog();
let served: ServedParts;
let client: RegistryClient;
beforeAll(async () => {
  served = await serveParts({
    logger: log.logger,
    server: { inactivitySeconds, headersSeconds: inactivitySeconds, drainSeconds: 0 },
  });
  client = new RegistryClient(served.url);
});
afterAll(async () => {
  client.close();
  await served.close();
});

describe("the limits of node's own", () => {
  it("count no whole request, keep connections longer than load balancers do, and take long headers", async () => {
    const servers = new Set<Server>();
    const note = (message: unknown) => servers.add((message as { server: Server }).server);
    subscribe("http.server.request.start", note);
    const registry = await testRegistry();
    await registry.client.send("GET", "/v2/");
    unsubscribe("http.server.request.start", note);
    const [server] = [...servers].filter(({ keepAliveTimeout }) => keepAliveTimeout > 60_000);
    expect(server).toMatchObject({
      requestTimeout: 0,
      headersTimeout: 60_000,
      keepAliveTimeout: 75_000,
      timeout: 120_000,
    });
  });
});

describe.concurrent("a transfer slower than the limit in all", () => {
  it.each(["PATCH", "PUT"])("reaches its end with %s", async (method) => {
    const content = randomBlob(steps * 10);
    const session = await client.startUpload("slow/upload");
    const path = method === "PUT" ? `${session}?digest=${digestOf(content)}` : session;
    const outgoing = open(served.url, method, path, { headers: { "content-length": content.length } });
    const answer = answerTo(outgoing);
    for (let step = 0; step < steps; step++) {
      outgoing.write(content.subarray(step * 10, step * 10 + 10));
      await pause(stepMilliseconds);
    }
    outgoing.end();
    expect((await answer).status).toBe(method === "PUT" ? 201 : 202);
  });

  it("reaches its end with GET, read in sips", async () => {
    // More than the buffers of two sockets hold, so that the server really waits for the reader.
    const content = Buffer.alloc(24 * 1024 * 1024, "0123456789abcdef");
    const digest = await client.pushBlob("slow/download", content);
    const outgoing = open(served.url, "GET", `/v2/slow/download/blobs/${digest}`);
    outgoing.end();
    const response = await responseTo(outgoing);
    let size = 0;
    for await (const part of response) {
      const before = Math.floor(size / (content.length / steps));
      size += (part as Buffer).length;
      if (Math.floor(size / (content.length / steps)) > before) await pause(stepMilliseconds);
    }
    expect([size, response.complete]).toEqual([content.length, true]);
  });
});

// What polls takes the `expect` of its own test, as vitest wants it of those that run at the same time.
describe.concurrent("silence longer than the limit", () => {
  it("cuts an upload, which keeps what arrived", async ({ expect }) => {
    const session = await client.startUpload("slow/stalled");
    const outgoing = open(served.url, "PATCH", session, { headers: { "content-length": 100 } });
    const failed = answerTo(outgoing).then(
      ({ status }) => status,
      () => "cut",
    );
    outgoing.write("0123456789");
    expect(await failed).toBe("cut");
    await expect.poll(async () => (await client.send("GET", session)).headers.range).toBe("0-9");
  });

  it("cuts a reader that reads nothing", async ({ expect }) => {
    const digest = await client.pushBlob("slow/unread", Buffer.alloc(24 * 1024 * 1024));
    const outgoing = open(served.url, "GET", `/v2/slow/unread/blobs/${digest}`);
    outgoing.end();
    const response = await responseTo(outgoing);
    response.pause();
    const requestId = String(response.headers["x-request-id"]);
    await expect.poll(() => log.of(requestId)).toMatchObject({ status: 200, aborted: true });
    const end = once(response, "error").catch(() => undefined);
    response.resume();
    await end;
    expect(response.complete).toBe(false);
  });

  it("cuts a connection that sends nothing, or its headers too slowly", async () => {
    // Both limits are the same here: whichever comes first.
    expect(await exchange(served.url, "")).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
    const socket = await openSocket(served.url);
    const answer = readToEnd(socket);
    socket.write("GET /v2/ HTTP/1.1\r\nHost: x\r\n");
    const drip = setInterval(() => socket.write("X-Slow: 1\r\n"), stepMilliseconds);
    const { status, headers } = parseAnswer(await answer);
    clearInterval(drip);
    expect([status, headers["content-type"], headers["connection"]]).toEqual([
      408,
      "application/json; charset=utf-8",
      "close",
    ]);
  });
});
