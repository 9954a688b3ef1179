// Slow clients: only silence is cut, never slowness. The short form proves it with an inactivity limit of two seconds
// and transfers of eight; the long form (npm run e2e -- --long) with the default limits and twelve minutes.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { locationOf, sha256, withQuery } from "../support/clients/registry-http.ts";
import { berthForThisFile } from "./berth-process.ts";

const long = process.env["BERTH_TEST_LONG"] === "1";
const limitSeconds = 2;
const steps = long ? 720 : 16;
const stepMilliseconds = long ? 1000 : 500;
const berth = berthForThisFile(
  long ? {} : { BERTH_HTTP_INACTIVITY_SECONDS: String(limitSeconds), BERTH_UPLOADS_LEASE_SECONDS: "2" },
);
const chunk = 64 * 1024;

/** Writes `content` in equal steps with a pause after each. */
async function writeSlowly(request: ClientRequest, content: Buffer): Promise<void> {
  for (let at = 0; at < content.length; at += chunk) {
    request.write(content.subarray(at, at + chunk));
    await delay(stepMilliseconds);
  }
  request.end();
}

describe("raw HTTP", () => {
  it.concurrent(`finishes a PATCH that takes ${steps} steps of ${stepMilliseconds} ms`, async () => {
    const { http } = berth.current;
    const content = randomBytes(steps * chunk);
    const location = await http.startUpload("slow/patch");
    const patch = http.open("PATCH", location, { "content-length": content.length });
    const responded = once(patch, "response") as Promise<[IncomingMessage]>;
    await writeSlowly(patch, content);
    const [response] = await responded;
    response.resume();
    expect(response.statusCode).toBe(202);
    const put = await http.send("PUT", withQuery(locationOf(response), { digest: sha256(content) }));
    expect(put.status).toBe(201);
  });

  it.concurrent(`finishes a PUT that takes ${steps} steps of ${stepMilliseconds} ms`, async () => {
    const { http } = berth.current;
    const content = randomBytes(steps * chunk);
    const location = withQuery(await http.startUpload("slow/put"), { digest: sha256(content) });
    const put = http.open("PUT", location, { "content-length": content.length });
    const responded = once(put, "response") as Promise<[IncomingMessage]>;
    await writeSlowly(put, content);
    const [response] = await responded;
    response.resume();
    expect(response.statusCode).toBe(201);
  });

  it.concurrent(`finishes a GET that is read in ${steps} steps of ${stepMilliseconds} ms`, async () => {
    const { http } = berth.current;
    // Far more than the sockets of both sides hold, so that the reader's pace reaches the server.
    const content = randomBytes(32_000_000);
    const digest = await http.pushBlob("slow/get", content);
    const get = http.open("GET", `/v2/slow/get/blobs/${digest}`);
    get.end();
    const [response] = (await once(get, "response")) as [IncomingMessage];
    const parts: Buffer[] = [];
    let received = 0;
    let pauseAt = content.length / steps;
    for await (const part of response) {
      parts.push(part as Buffer);
      received += (part as Buffer).length;
      if (received < pauseAt) continue;
      pauseAt += content.length / steps;
      await delay(stepMilliseconds);
    }
    expect(sha256(Buffer.concat(parts))).toBe(digest);
  });
});
