// A request is noted once, however early its client left.
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { originOf } from "../../../src/http/origin.ts";
import { requestRecords } from "../../../src/http/request-records.ts";
import { createLogger } from "../../../src/observability/logger.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";

test("who left before anybody looked at the request is noted, and in flight no more", async () => {
  const lines: string[] = [];
  const logger = createLogger("info", { write: (line) => void lines.push(line) });
  const metrics = createMetrics();
  const record = requestRecords(logger, metrics.http, originOf({ publicUrl: undefined, trustedProxies: [] }));
  const server = createServer((request, response) => {
    response.once("close", () =>
      record(request, response, () => ({ requestId: "early", route: "/v2/", repository: undefined })),
    );
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET /v2/ HTTP/1.1\r\nhost: a\r\n\r\n");
  await once(server, "request");
  client.destroy();
  await expect.poll(() => lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ requestId: "early", status: 499, aborted: true });
  expect((await metrics.render()).text).toContain("berth_http_in_flight_requests 0\n");
});
