// REQ-11: a chunk that does not begin where the session stands changes nothing, and the answer tells where to go on.
import { Agent } from "node:http";
import { describe, expect, it } from "vitest";
import { answerTo, open, type Sending } from "../../support/http-request.ts";
import { digestOf, randomBlob } from "../../support/images.ts";
import { expectError, locationOf } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const content = randomBlob(1000);
const held = 400;

/** A session that holds the first 400 of 1000 bytes. */
async function begun(): Promise<string> {
  const session = await use.client.startUpload("order/of");
  const answer = await use.client.send("PATCH", session, { body: content.subarray(0, held) });
  expect(answer.headers.range).toBe(`0-${held - 1}`);
  return session;
}

const target = (method: string, session: string) =>
  method === "PUT" ? `${session}?digest=${digestOf(content)}` : session;
const range = (first: number, last: number) => ({ "content-range": `${first}-${last}` });

/** The session stands where it stood, and can be brought to its end. */
async function expectUsable(session: string): Promise<void> {
  const state = await use.client.send("GET", session);
  expect([state.status, state.headers.range]).toEqual([204, `0-${held - 1}`]);
  const rest = { body: content.subarray(held), headers: range(held, 999) };
  expect((await use.client.send("PATCH", session, rest)).headers.range).toBe("0-999");
  expect((await use.client.send("PUT", target("PUT", session))).status).toBe(201);
  const blob = await use.client.send("GET", `/v2/order/of/blobs/${digestOf(content)}`);
  expect(blob.body.equals(content)).toBe(true);
  await use.client.send("DELETE", `/v2/order/of/blobs/${digestOf(content)}`);
}

const outOfOrder: [what: string, sending: Sending][] = [
  ["a gap", { body: content.subarray(500), headers: range(500, 999) }],
  ["an overlap", { body: content.subarray(300), headers: range(300, 999) }],
  ["a repeat", { body: content.subarray(0, held), headers: range(0, held - 1) }],
  [
    "a gap, in chunked transfer encoding",
    { body: content.subarray(500), headers: range(500, 999), chunked: true },
  ],
  [
    "a repeat, in chunked transfer encoding",
    { body: content.subarray(0, held), headers: range(0, held - 1), chunked: true },
  ],
  ["more bytes than Content-Range says", { body: content.subarray(held), headers: range(held, 899) }],
  ["fewer bytes than Content-Range says", { body: content.subarray(held), headers: range(held, 1099) }],
  [
    "more than Content-Range says, in chunked transfer encoding",
    { body: content.subarray(held), headers: range(held, 899), chunked: true },
  ],
  [
    "fewer than Content-Range says, in chunked transfer encoding",
    { body: content.subarray(held), headers: range(held, 1099), chunked: true },
  ],
  ["a Content-Range and no bytes", { headers: range(held, 999) }],
];

describe.each(["PATCH", "PUT"])("%s", (method) => {
  it.each(outOfOrder)(
    "with %s is 416 with Location and Range, and nothing is kept of it",
    async (_, sending) => {
      const session = await begun();
      const answer = await use.client.send(method, target(method, session), sending);
      expectError(answer, 416, "BLOB_UPLOAD_INVALID");
      expect([locationOf(answer), answer.headers.range]).toEqual([session, `0-${held - 1}`]);
      expect(answer.headers["docker-upload-uuid"]).toBe(session.split("/").at(-1));
      await expectUsable(session);
    },
  );

  it.each([
    "nonsense",
    "5",
    "9-5",
    "-5",
    "bytes */1000",
    "0x1-0x2",
    "99999999999999999999-99999999999999999999",
  ])("with a Content-Range of %s is 400, and the session goes on", async (contentRange) => {
    const session = await begun();
    const sending = { body: content.subarray(held), headers: { "content-range": contentRange } };
    const answer = await use.client.send(method, target(method, session), sending);
    expect(expectError(answer, 400, "BLOB_UPLOAD_INVALID").detail).toEqual({ contentRange });
    await expectUsable(session);
  });

  it("without Content-Range goes on where the session stands", async () => {
    for (const chunked of [false, true]) {
      const session = await begun();
      const sending = { body: content.subarray(held), chunked };
      const answer = await use.client.send(method, target(method, session), sending);
      expect(answer.status).toBe(method === "PUT" ? 201 : 202);
      if (method === "PATCH") expect((await use.client.send("PUT", target("PUT", session))).status).toBe(201);
      const blob = await use.client.send("GET", `/v2/order/of/blobs/${digestOf(content)}`);
      expect(blob.body.equals(content)).toBe(true);
    }
  });

  it("with a Content-Length that promises more than comes keeps what came", async () => {
    const session = await begun();
    const outgoing = open(use.registry.url, method, target(method, session), {
      headers: { "content-length": 600 },
    });
    const failed = answerTo(outgoing).catch(() => "cut");
    await new Promise<void>((resolve) => outgoing.write(content.subarray(held, 600), () => resolve()));
    outgoing.destroy();
    expect(await failed).toBe("cut");
    await expect.poll(async () => (await use.client.send("GET", session)).headers.range).toBe("0-599");
    const rest = { body: content.subarray(600), headers: range(600, 999) };
    expect((await use.client.send("PUT", target("PUT", session), rest)).status).toBe(201);
  });
});

describe("a refused body of many megabytes", () => {
  it.each([
    ["a gap", "5000-9999"],
    ["more bytes than Content-Range says", "0-99999"],
    ["a Content-Range that is none", "x"],
  ])("does not hold up its connection: %s", async (_, contentRange) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const session = await use.client.startUpload("order/long");
    for (const chunked of [false, true]) {
      const sending = {
        body: Buffer.alloc(5_000_000),
        headers: { "content-range": contentRange },
        agent,
        chunked,
      };
      expect((await use.client.send("PATCH", session, sending)).status).toBeGreaterThanOrEqual(400);
      expect((await use.client.send("GET", session, { agent })).headers.range).toBe("0-0");
    }
    agent.destroy();
  });
});

describe("an empty session", () => {
  it("refuses a chunk that does not begin at 0, and says 0-0", async () => {
    const session = await use.client.startUpload("order/of");
    const answer = await use.client.send("PATCH", session, { body: "later", headers: range(5, 9) });
    expectError(answer, 416, "BLOB_UPLOAD_INVALID");
    expect(answer.headers.range).toBe("0-0");
    const first = await use.client.send("PATCH", session, { body: "first", headers: range(0, 4) });
    expect([first.status, first.headers.range]).toEqual([202, "0-4"]);
  });
});
