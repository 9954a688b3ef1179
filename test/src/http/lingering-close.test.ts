// An answer that comes before the request's body is whole reaches the client whatever it said of the connection: nothing
// is closed while it still sends (skopeo, podman and buildah send `Connection: close` with their layers).
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSocket, parseAnswer, readToEnd, readUntil } from "../../support/raw-socket.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

let registry: ServedParts;
beforeAll(async () => (registry = await serveParts()));
afterAll(() => registry.close());

const block = `40000\r\n${"x".repeat(0x40000)}\r\n`;
const unknown = "/v2/a/b/blobs/uploads/00000000-0000-4000-8000-000000000000";

async function refusedWhileSending(connection: string) {
  const socket = await openSocket(registry.url);
  const failures: unknown[] = [];
  socket.on("error", (error) => failures.push(error));
  socket.write(
    `PATCH ${unknown} HTTP/1.1\r\nHost: x\r\n${connection}Transfer-Encoding: chunked\r\n\r\n${block}`,
  );
  const answer = parseAnswer(await readUntil(socket, "requestId"));
  return { socket, answer, failures };
}

describe("a client that is refused while it sends", () => {
  it.each(["Connection: close\r\n", ""])("may send all the rest (%j)", async (connection) => {
    const { socket, answer, failures } = await refusedWhileSending(connection);
    expect(answer.status).toBe(404);
    for (let n = 0; n < 40; n += 1) {
      if (!socket.write(block)) await once(socket, "drain");
      await sleep(2);
    }
    expect(failures).toEqual([]);
    expect(socket.readableEnded).toBe(false);
    if (connection === "") {
      socket.write("0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      expect(parseAnswer(await readToEnd(socket)).status).toBe(200);
    } else {
      socket.write("0\r\n\r\n");
      await readToEnd(socket);
    }
    expect(failures).toEqual([]);
  });

  it("and then says nothing is not waited for long, when the connection was to be closed", async () => {
    const { socket, failures } = await refusedWhileSending("Connection: close\r\n");
    await readToEnd(socket);
    expect(failures).toEqual([]);
  });
});

describe("a client that asks for the connection to be closed", () => {
  it("has it closed after the answer to a whole body", async () => {
    const socket = await openSocket(registry.url);
    socket.write(
      "POST /v2/a/b/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab",
    );
    expect(parseAnswer(await readToEnd(socket)).status).toBe(202);
  });
});
