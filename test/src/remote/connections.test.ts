import { copyFile, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { digestOf } from "../../../storage/digest.ts";
import { failureIn } from "../../contracts/upstream.ts";
import { issueCertificate, type IssuedCertificate } from "../../support/certificates.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { startConnectProxy, type ConnectProxyOptions } from "../../support/upstream/connect-proxy.ts";
import { startFakeUpstream, type FakeUpstreamOptions } from "../../support/upstream/fake-upstream.ts";
import { Connections } from "../../../src/remote/dispatcher.ts";
import { patient, remoteUnderTest } from "./remote-under-test.ts";

const { signal } = new AbortController();
const name = "library/alpine";

async function upstreamWith(options: FakeUpstreamOptions = {}) {
  const fake = await startFakeUpstream(options);
  onTestFinished(() => fake.close());
  return { fake, layer: fake.addImage(name, "3.20").manifests[0]!.layers[0]! };
}

async function proxyWith(options?: ConnectProxyOptions) {
  const proxy = await startConnectProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}

async function securely(options: FakeUpstreamOptions = {}) {
  const directory = await scratchDirectory();
  const authority = await issueCertificate(directory, "authority", { isAuthority: true, names: "" });
  const server = await issueCertificate(directory, "server", { by: authority });
  const tls = { cert: server.pem, key: await readFile(server.key, "utf8") };
  return { directory, authority, ...(await upstreamWith({ tls, ...options })) };
}

describe("a registry with a certificate of a private authority", () => {
  it("is refused by its class, unless the authority is known, or certificates don't count", async () => {
    const { fake, authority } = await securely();
    const { url } = fake;
    const ask = (options: object) =>
      failureIn(remoteUnderTest({ url, ...options }).resolve(name, "3.20", { signal }));
    expect(await ask({})).toBe("tls");
    expect(await ask({ ca: authority.cert })).toBe("fine");
    expect(await ask({ insecure: true })).toBe("fine");
    expect(await ask({ ca: "/no/such/file" })).toBe("tls");
  });

  it("is believed also as a token server and where it redirects", async () => {
    const { fake, authority, layer } = await securely({ auth: "token" });
    fake.faults.set({ kind: "redirect", to: "other-host" }, { where: ({ route }) => route === "blobGet" });
    const remote = remoteUnderTest({ url: fake.url, ca: authority.cert });
    expect(digestOf(await buffer((await remote.fetchBlob(name, layer, { signal })).body))).toBe(layer);
    expect(fake.requests).toMatchObject({ tokens: 1, stored: 1 });
  });

  it("may get a new one: the file is read again when the old one does not do", async () => {
    const { fake, authority, directory } = await securely();
    const ca = join(directory, "current.pem");
    const other = await issueCertificate(directory, "other", { isAuthority: true, names: "" });
    await rename(other.cert, ca);
    const remote = remoteUnderTest({ url: fake.url, ca });
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).toBe("tls");
    await rename(authority.cert, ca);
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).toBe("fine");
  });

  it.each([
    ["", false],
    [" through a proxy", true],
  ])("takes nobody's transfer%s away when it gets a new one, until all of them end", async (_, proxied) => {
    const { fake, authority, directory, layer } = await securely();
    const ca = join(directory, "current.pem");
    await copyFile(authority.cert, ca);
    const through = proxied ? { proxy: (await proxyWith()).url } : {};
    const options = { ...patient, url: fake.url, ca, maxConnections: 8, ...through };
    const connections = new Connections(options, {});
    fake.faults.set({ kind: "stall-in-body", afterBytes: 100 });
    const url = new URL(`${fake.url}/v2/${name}/blobs/${layer}`);
    const dispatcher = await connections.dispatcherFor(url);
    const { body } = await dispatcher.request({ origin: url.origin, path: url.pathname, method: "GET" });
    const ended = buffer(body).then(
      () => "whole",
      () => "broken off",
    );
    await writeFile(ca, authority.pem + authority.pem);
    expect(await connections.refresh()).toBe(true);
    expect(body.destroyed).toBe(false);
    await connections.close();
    expect(await ended).toBe("broken off");
  });

  it("sees a client certificate; where it redirects to does not", async () => {
    const directory = await scratchDirectory();
    const clients = await issueCertificate(directory, "clients", { isAuthority: true, names: "" });
    const client = await issueCertificate(directory, "client", { by: clients, names: "" });
    const { fake, authority, layer } = await securely({ clientCa: clients.pem });
    fake.faults.set({ kind: "redirect", to: "other-host" }, { where: ({ route }) => route === "blobGet" });
    const options = { url: fake.url, ca: authority.cert };
    expect(await failureIn(remoteUnderTest(options).resolve(name, "3.20", { signal }))).not.toBe("fine");
    const shown = (each: IssuedCertificate) => ({ certificate: each.cert, key: each.key });
    const remote = remoteUnderTest({ ...options, clientCertificate: shown(client) });
    expect(digestOf(await buffer((await remote.fetchBlob(name, layer, { signal })).body))).toBe(layer);
  });

  it("is not left for http by a redirect", async () => {
    const plain = await upstreamWith();
    const { fake, authority, layer } = await securely();
    fake.faults.set({ kind: "redirect", to: `${plain.fake.url}/v2/` });
    const remote = remoteUnderTest({ url: fake.url, ca: authority.cert });
    expect(await failureIn(remote.statBlob(name, layer, { signal }))).toBe("failing");
    expect(plain.fake.requests.all).toEqual([]);
  });
});

describe("a proxy", () => {
  it("tunnels to https: registry, token server and where it redirects", async () => {
    const { fake, authority, layer } = await securely({ auth: "token" });
    fake.faults.set({ kind: "redirect", to: "other-host" }, { where: ({ route }) => route === "blobGet" });
    const proxy = await proxyWith();
    const remote = remoteUnderTest({ url: fake.url, ca: authority.cert, proxy: proxy.url });
    expect(digestOf(await buffer((await remote.fetchBlob(name, layer, { signal })).body))).toBe(layer);
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${fake.host}`, `CONNECT ${fake.storageHost}`]));
  });

  it("is asked itself for what is plain http", async () => {
    const { fake, layer } = await upstreamWith();
    const proxy = await proxyWith();
    const remote = remoteUnderTest({ url: fake.url, proxy: proxy.url });
    expect(digestOf(await buffer((await remote.fetchBlob(name, layer, { signal })).body))).toBe(layer);
    expect(proxy.asked).toEqual([`GET ${fake.url}/v2/${name}/blobs/${layer}`]);
  });

  it("of the environment is used, but for the hosts in NO_PROXY", async () => {
    const { fake } = await upstreamWith();
    const proxy = await proxyWith();
    const ask = (environment: Record<string, string>) =>
      failureIn(remoteUnderTest({ url: fake.url }, { environment }).resolve(name, "3.20", { signal }));
    expect(await ask({ HTTP_PROXY: proxy.url })).toBe("fine");
    expect(proxy.asked).toHaveLength(1);
    expect(await ask({ HTTP_PROXY: proxy.url, NO_PROXY: "example.com,127.0.0.0/8" })).toBe("fine");
    expect(proxy.asked).toHaveLength(1);
  });

  it("may want credentials, from its URL", async () => {
    const { fake, authority } = await securely();
    const proxy = await proxyWith({ credentials: "who:what" });
    const ask = (url: string) =>
      failureIn(
        remoteUnderTest({ url: fake.url, ca: authority.cert, proxy: url }).resolve(name, "3.20", {
          signal,
        }),
      );
    expect(await ask(proxy.url)).toBe("connection");
    expect(await ask(proxy.url.replace("://", "://who:what@"))).toBe("fine");
  });

  it("that is not there is a connection that fails", async () => {
    const { fake } = await securely();
    const proxy = await proxyWith();
    await proxy.close();
    const remote = remoteUnderTest({ url: fake.url, proxy: proxy.url });
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).toBe("connection");
  });

  it("that hangs up instead of making a tunnel is asked as often as any connection that fails", async () => {
    const { fake, authority } = await securely();
    const proxy = await proxyWith();
    const remote = remoteUnderTest({ url: fake.url, ca: authority.cert, proxy: proxy.url });
    await fake.disappear();
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).toBe("connection");
    expect(proxy.asked).toEqual([1, 2, 3].map(() => `CONNECT ${fake.host}`));
    await fake.comeBack();
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).toBe("fine");
  });
});
