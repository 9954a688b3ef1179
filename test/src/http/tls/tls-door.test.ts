// The registry's port with a certificate: whatever comes over TLS is served as without it, and whatever does not is told.
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { answerTo, open, responseTo, send } from "../../../support/http-request.ts";
import { digestOf, randomBlob } from "../../../support/images.ts";
import { expectError, jsonOf } from "../../../support/oci-answer.ts";
import { exchange, openSocket, parseAnswer, readToEnd } from "../../../support/raw-socket.ts";
import { askOver, halfClientHello, plain, serveSecurely } from "../../../support/serve-securely.ts";

describe("over TLS", () => {
  it("an image is pushed and pulled, and the address says https", async () => {
    const { url, client } = await serveSecurely();
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const { digest, bytes, layers } = await client.pushImage("tls/app", "v1");
    const pulled = await client.send("GET", "/v2/tls/app/manifests/v1");
    expect([pulled.status, pulled.headers["docker-content-digest"]]).toEqual([200, digest]);
    expect(pulled.body.equals(bytes)).toBe(true);
    const blob = await client.send("GET", `/v2/tls/app/blobs/${digestOf(layers[0]!)}`);
    expect(blob.body.equals(layers[0]!)).toBe(true);
  });

  it("a large blob arrives whole, both ways", async () => {
    const { client } = await serveSecurely();
    const content = randomBlob(20_000_000);
    const digest = await client.pushBlob("tls/large", content);
    expect((await client.send("GET", `/v2/tls/large/blobs/${digest}`)).body.equals(content)).toBe(true);
  });

  it("silence is cut and slowness is not, reading and writing", async () => {
    const { url, agent, client } = await serveSecurely({ inactivitySeconds: 2 });
    const content = Buffer.alloc(24 * 1024 * 1024, "0123456789abcdef");
    const digest = await client.pushBlob("tls/slow", content);
    const download = open(url, "GET", `/v2/tls/slow/blobs/${digest}`, { agent });
    const downloaded = responseTo(download);
    download.end();
    const upload = open(url, "PATCH", await client.startUpload("tls/slow"), {
      headers: { "content-length": 100 },
      agent,
    });
    const uploaded = answerTo(upload);
    const stalled = open(url, "PATCH", await client.startUpload("tls/slow"), {
      headers: { "content-length": 100 },
      agent,
    });
    const cut = answerTo(stalled).catch(() => "cut");
    stalled.write("0123456789");
    let size = 0;
    let steps = 0;
    for await (const part of await downloaded) {
      size += (part as Buffer).length;
      if (size < (content.length / 10) * (steps + 1)) continue;
      steps++;
      upload.write("0123456789");
      await pause(300);
    }
    expect([size, steps, (await uploaded).status, await cut]).toEqual([content.length, 10, 202, "cut"]);
  });

  it("a client that waits for 100 Continue is told to go on, or refused", async () => {
    const { url, agent } = await serveSecurely();
    const body = randomBlob(10_000);
    const outcomes = [];
    for (const digest of [digestOf(body), "sha256:nonsense"]) {
      const headers = { expect: "100-continue", "content-length": body.length };
      const path = `/v2/tls/app/blobs/uploads/?digest=${digest}`;
      const outgoing = open(url, "POST", path, { headers, agent });
      let continued = false;
      outgoing.on("continue", () => outgoing.end(body, () => (continued = true)));
      outgoing.flushHeaders();
      const { status } = await answerTo(outgoing);
      outcomes.push([status, continued]);
      outgoing.destroy();
    }
    expect(outcomes).toEqual([
      [201, true],
      [400, false],
    ]);
  });

  it("the log counts what was sent and received", async () => {
    const { client, log } = await serveSecurely();
    const content = Buffer.alloc(100_000);
    const path = `/v2/tls/log/blobs/uploads/?digest=${digestOf(content)}`;
    await client.send("POST", path, { body: content, headers: { "x-request-id": "push" } });
    await client.send("GET", `/v2/tls/log/blobs/${digestOf(content)}`, {
      headers: { "x-request-id": "pull" },
    });
    await expect.poll(() => log.of("pull")).toBeDefined();
    const moved = ["push", "pull"]
      .map((id) => log.of(id))
      .map((line) => [line?.["bytesIn"], line?.["bytesOut"]]);
    const thousands = moved.map((figures) => figures.map((bytes) => Math.floor(Number(bytes) / 1000)));
    expect(thousands).toEqual([
      [100, 0],
      [0, 100],
    ]);
    expect(log.of("push")).toMatchObject({ remote: "127.0.0.1" });
  });

  it("it is HTTP/1.1 that is agreed on, with TLS 1.2 or 1.3", async () => {
    const served = await serveSecurely();
    const seen = [];
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await served.connect({
        minVersion: version,
        maxVersion: version,
        ALPNProtocols: ["h2", "http/1.1"],
      });
      expect(await askOver(socket, "/v2/")).toMatch(/^HTTP\/1\.1 200 /);
      seen.push([socket.getProtocol(), socket.alpnProtocol]);
      socket.destroy();
    }
    expect(seen).toEqual([
      ["TLSv1.2", "http/1.1"],
      ["TLSv1.3", "http/1.1"],
    ]);
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await expect(served.connect(old)).rejects.toThrow(/protocol version/);
    await expect
      .poll(() => served.log.lines)
      .toMatchObject([{}, {}, { msg: "no TLS handshake", remote: "127.0.0.1" }]);
  });

  it("what is no HTTP gets the usual answer", async () => {
    const served = await serveSecurely();
    const socket = await served.connect();
    socket.write("nonsense\r\n\r\n");
    const { status, body } = parseAnswer(await readToEnd(socket));
    expect([status, JSON.parse(body)]).toMatchObject([400, { errors: [{ code: "UNSUPPORTED" }] }]);
  });

  it("a new certificate is for new connections; those that are open go on, also with a session of the old", async () => {
    const served = await serveSecurely();
    const old = await served.connect();
    const session = once(old, "session") as Promise<[Buffer]>;
    expect(await askOver(old, "/v2/")).toMatch(/^HTTP\/1\.1 200 /);
    const [ticket] = await session;
    const next = await served.renew("second");
    const subjects = [];
    for (const options of [{}, { session: ticket }]) {
      const fresh = await served.connect({ ca: next.pem, ...options });
      subjects.push(fresh.getPeerCertificate().subject.CN);
      expect(await askOver(fresh, "/v2/")).toMatch(/^HTTP\/1\.1 200 /);
      fresh.destroy();
    }
    expect(subjects).toEqual(["second", "second"]);
    expect(await askOver(old, "/v2/")).toMatch(/^HTTP\/1\.1 200 /);
    expect(old.getPeerCertificate().subject.CN).toBe("first");
    old.destroy();
  });
});

describe("without TLS, on the same port", () => {
  it.each([
    ["GET", "/v2/", undefined],
    ["PUT", "/v2/tls/app/manifests/v1", Buffer.alloc(100_000)],
    ["PATCH", "/v2/tls/app/blobs/uploads/id", Buffer.alloc(5_000_000)],
  ] as const)("%s %s gets a sentence that says what to do", async (method, path, body) => {
    const { url } = await serveSecurely();
    const answer = await send(plain(url), method, path, { ...(body && { body }) });
    const { message } = expectError(answer, 400, "UNSUPPORTED");
    expect(message).toBe("this port speaks HTTPS: use https:// in place of http://");
    expect(answer.headers.connection).toBe("close");
  });

  it("nothing is done that was asked for, whatever way it was asked", async () => {
    const { url, client } = await serveSecurely();
    const content = randomBlob(100);
    const lines = [
      `POST /v2/tls/app/blobs/uploads/?digest=${digestOf(content)} HTTP/1.1`,
      "Host: x",
      `Content-Length: ${content.length}`,
    ].join("\r\n");
    const asked = `${lines}\r\n\r\n${content.toString("latin1")}`;
    for (const text of [asked, asked.replace("Host", "Expect: 100-continue\r\nHost"), asked + asked]) {
      expect(await exchange(plain(url), text)).toMatch(/^HTTP\/1\.1 400 (?!.*HTTP\/1\.1 )/s);
    }
    expect((await client.send("HEAD", `/v2/tls/app/blobs/${digestOf(content)}`)).status).toBe(404);
  });

  it.each([
    ["bytes that are nothing", "\x01garbage\xff".repeat(1111), /^HTTP\/1\.1 400 /],
    ["bytes that begin like TLS", "\x16".repeat(10_000), /^(?!HTTP)/],
  ])("%s, 10 000 of them, harm nobody", async (_, text, answer) => {
    const { url, client } = await serveSecurely();
    const socket = await openSocket(plain(url));
    const end = readToEnd(socket);
    socket.write(text, "latin1");
    expect(await end).toMatch(answer);
    expect((await client.send("GET", "/v2/")).status).toBe(200);
  });
});

describe("a connection that is not secured in time", () => {
  it.each([
    ["says nothing", ""],
    ["sends half a ClientHello", halfClientHello],
    ["sends one byte of it", "\x16"],
  ])("is cut when it %s", async (_, text) => {
    const { url } = await serveSecurely({ headersSeconds: 1 });
    const socket = await openSocket(plain(url));
    if (text !== "") socket.write(text, "latin1");
    expect(await readToEnd(socket)).not.toMatch(/HTTP/);
  });

  it("is cut when its ClientHello drips", async () => {
    const { url } = await serveSecurely({ headersSeconds: 1, inactivitySeconds: 60 });
    const socket = await openSocket(plain(url));
    socket.write(halfClientHello, "latin1");
    const drip = setInterval(() => socket.write("\0"), 200);
    expect(await readToEnd(socket)).toBe("");
    clearInterval(drip);
  });

  it("is cut when it is secured and then says nothing", async () => {
    const served = await serveSecurely({ headersSeconds: 60, inactivitySeconds: 2 });
    expect(await readToEnd(await served.connect())).toBe("");
  });

  it("does not disturb when it goes away instead", async () => {
    const { url, client, log } = await serveSecurely();
    for (const text of ["", "\x16", halfClientHello]) {
      const socket = await openSocket(plain(url));
      socket.write(text, "latin1", () => socket.resetAndDestroy());
      await once(socket, "close");
    }
    for (const end of ["end", "destroy"] as const) (await openSocket(plain(url)))[end]();
    expect(jsonOf(await client.send("GET", "/livez"))).toBeDefined();
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});
