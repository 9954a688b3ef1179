// REQ-29, in part: readers that do not read cost a bounded amount of memory and keep nobody waiting.
import { describe, expect, it } from "vitest";
import { open, responseTo } from "../../support/http-request.ts";
import { testRegistry } from "../../support/test-registry.ts";

const mebibyte = 1024 * 1024;

describe("eight readers of a 64 MiB blob that stop reading", () => {
  it("hold no more than their buffers, while others are served", async () => {
    const registry = await testRegistry({ env: { BERTH_HTTP_DRAIN_SECONDS: "0" } });
    const content = Buffer.alloc(64 * mebibyte, "0123456789abcdef");
    const digest = await registry.client.pushBlob("slow/app", content);
    const image = await registry.client.pushImage("slow/app", "v1");
    const before = process.memoryUsage().arrayBuffers;
    const responses = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const outgoing = open(registry.url, "GET", `/v2/slow/app/blobs/${digest}`);
        outgoing.end();
        const response = await responseTo(outgoing);
        return response.pause();
      }),
    );
    for (let n = 0; n < 100; n++) {
      const answer = await registry.client.send("GET", "/v2/slow/app/manifests/v1");
      expect(answer.headers["docker-content-digest"]).toBe(image.digest);
    }
    const grown = (process.memoryUsage().arrayBuffers - before) / mebibyte;
    // All of it would be 512; the pool of transfer buffers and the sockets of both sides stay far below.
    expect(grown).toBeLessThan(100);
    expect(responses.every((response) => !response.complete)).toBe(true);
    for (const response of responses) response.destroy();
  });
});
