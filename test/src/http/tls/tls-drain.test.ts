// The way out with TLS: the same as without, and a handshake that is not over keeps nobody waiting.
import { Agent } from "node:https";
import { describe, expect, it } from "vitest";
import { answerTo, open } from "../../../support/http-request.ts";
import { digestOf } from "../../../support/images.ts";
import { openSocket, readToEnd } from "../../../support/raw-socket.ts";
import { askOver, halfClientHello, plain, serveSecurely } from "../../../support/serve-securely.ts";

describe("a registry that speaks TLS, on its way out", () => {
  const start = () => serveSecurely({ drainSeconds: 60, inactivitySeconds: 120, headersSeconds: 120 });

  it("finishes what runs and then is gone at once", async () => {
    const served = await start();
    const { url, client } = served;
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
    const session = await client.startUpload("tls/drain");
    const headers = { "content-length": 6 };
    const upload = open(url, "PUT", `${session}?digest=${digestOf("first!")}`, { headers, agent });
    const uploaded = answerTo(upload);
    await new Promise<void>((resolve) => upload.write("fir", () => resolve()));
    await client.send("GET", "/livez");
    let gone = false;
    const stopped = served.stop().then(() => (gone = true));
    await expect
      .poll(() => openSocket(plain(url)).catch((error: unknown) => (error as NodeJS.ErrnoException).code))
      .toBe("ECONNREFUSED");
    expect(gone).toBe(false);
    upload.end("st!");
    expect((await uploaded).status).toBe(201);
    await stopped;
    agent.destroy();
  });

  it.each([
    ["said nothing", ""],
    ["sent half a ClientHello", halfClientHello],
  ])("does not wait for a connection that %s", async (_, text) => {
    const served = await start();
    const socket = await openSocket(plain(served.url));
    socket.write(text, "latin1");
    // The server has seen the connection once it has answered one that came later.
    await served.client.send("GET", "/livez");
    const ended = readToEnd(socket);
    await served.stop();
    expect(await ended).toBe("");
  });

  it("does not wait for secured connections that are idle, before their first request or after it", async () => {
    const served = await start();
    const [silent, idle] = [await served.connect(), await served.connect()];
    await askOver(idle, "/livez");
    const ended = Promise.all([readToEnd(silent), readToEnd(idle)]);
    await served.stop();
    expect(await ended).toEqual(["", expect.any(String)]);
  });

  it("cuts what still runs when its time is over", async () => {
    const served = await serveSecurely({ drainSeconds: 1 });
    const { url, agent, client } = served;
    const session = await client.startUpload("tls/cut");
    const upload = open(url, "PATCH", session, { headers: { "content-length": 100 }, agent });
    const uploaded = answerTo(upload).catch(() => "cut");
    await new Promise<void>((resolve) => upload.write("0123456789", () => resolve()));
    await served.stop();
    expect(await uploaded).toBe("cut");
  });
});
