// Clients that stop talking in the middle: cut after the inactivity limit, with what arrived kept.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { berthForThisFile } from "./berth-process.ts";

const limitSeconds = 2;
const berth = berthForThisFile({ BERTH_HTTP_INACTIVITY_SECONDS: String(limitSeconds) });

describe("raw HTTP", () => {
  it.concurrent("cuts a PATCH that fell silent, and keeps what arrived", async () => {
    const { http } = berth.current;
    const content = randomBytes(1_000_000);
    const location = await http.startUpload("slow/silent");
    const patch = http.open("PATCH", location, { "content-length": 2_000_000 });
    const closed = new Promise((resolve) =>
      patch.on("error", resolve).on("response", resolve).on("close", resolve),
    );
    patch.write(content);
    await closed;
    patch.destroy();
    const range = async (): Promise<unknown> => (await http.send("GET", location)).headers.range;
    await expect.poll(range, { timeout: 10_000 }).toBe("0-999999");
  });

  it.concurrent("cuts a GET whose reader fell silent", async () => {
    const { http } = berth.current;
    const digest = await http.pushBlob("slow/unread", randomBytes(64_000_000));
    const get = http.open("GET", `/v2/slow/unread/blobs/${digest}`);
    get.end();
    const [response] = (await once(get, "response")) as [IncomingMessage];
    response.pause();
    await delay(limitSeconds * 3000);
    const read = (async () => {
      for await (const part of response) expect(part).toBeInstanceOf(Buffer);
    })();
    await expect(read).rejects.toThrow(/aborted|ECONNRESET/);
  });
});
