import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { measureRequests, measureWrites } from "./request-load.ts";
import { parseWrk } from "./wrk.ts";

const report = `Running 3s test @ http://127.0.0.1:5000/x
  1 threads and 16 connections
  2224 requests in 1.02s, 2.39MB read
  Non-2xx or 3xx responses: 3
Requests/sec:   2171.71
{"requests":2224,"bytes":2502000,"microseconds":1024000,"p99":30757,"status":3,"connect":0,"read":1,"write":0,"timeout":2}
`;

describe("the report of wrk", () => {
  it("gives exact numbers, and counts whatever went wrong", () => {
    expect(parseWrk(report)).toEqual({
      requests: 2224,
      bytes: 2_502_000,
      seconds: 1.024,
      p99: 30.757,
      errors: 6,
    });
  });

  it("is refused without its summary", () => {
    expect(() => parseWrk("unable to connect")).toThrow("wrk gave no summary: unable to connect");
  });
});

describe("the client of our own", () => {
  const closing: (() => void)[] = [];
  afterEach(() => closing.splice(0).forEach((close) => close()));
  async function serve(answer: (count: number) => { status: number; body: string }): Promise<string> {
    let count = 0;
    const server = createServer((_request, response) => {
      const { status, body } = answer(++count);
      response.writeHead(status, { "content-length": body.length }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it("counts answers, to HEAD as well", async () => {
    const url = await serve(() => ({ status: 200, body: "content" }));
    for (const method of ["GET", "HEAD"] as const) {
      const { requests, errors } = await measureRequests({
        ...{ url, method, path: "/", connections: 2, milliseconds: 50 },
      });
      expect(requests).toBeGreaterThan(1);
      expect(errors).toBe(0);
    }
  });

  it("gives no figure when an answer has another status", async () => {
    const url = await serve((count) => ({ status: count < 3 ? 201 : 503, body: "" }));
    const request = Buffer.from("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    const measured = measureWrites({ url, connections: 1, milliseconds: 5000 }, () => request, 201);
    await expect(measured).rejects.toThrow("HTTP/1.1 503");
  });
});
