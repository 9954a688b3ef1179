// Berth's own configuration: its defaults, its resolved paths and mode, and the three ways to give each of them.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import type { ConfigSources } from "../../../src/config/load-config.ts";

const workingDirectory = "/srv/registry";
const load = (sources: ConfigSources = {}) => loadConfig({ workingDirectory, ...sources });

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "berth-config-"))));
afterAll(() => rmSync(folder, { recursive: true }));

function yaml(content: string): string {
  const file = join(folder, "berth.yaml");
  writeFileSync(file, content);
  return file;
}

describe("without any source", () => {
  it("everything has a default, and paths are absolute", () => {
    expect(load()).toEqual({
      http: {
        listen: { host: "127.0.0.1", port: 5000 },
        trustedProxies: [],
        workers: 1,
        drainSeconds: 30,
        inactivitySeconds: 120,
        headersSeconds: 60,
        keepAliveSeconds: 75,
        maxManifestBytes: 4_194_304,
      },
      metrics: {},
      log: { level: "info" },
      auth: {
        mode: "open",
        reason: "not set, and only this machine reaches 127.0.0.1:5000",
        accounts: {
          defaultProject: "library",
          tokenSeconds: 300,
          refreshSeconds: 7_776_000,
          signing: "ES256",
          keyRotationSeconds: 2_592_000,
          issuer: "berth",
          service: "berth",
          auditSeconds: 7_776_000,
        },
      },
      data: "/srv/registry/data",
      storage: {
        blobs: { filesystem: { directory: "/srv/registry/data/blobs" } },
        metadata: { sqlite: { path: "/srv/registry/data/berth.sqlite" } },
        minFreeBytes: 268_435_456,
      },
      uploads: { expirySeconds: 604_800, leaseSeconds: 10 },
      tags: { immutable: [] },
      gc: { graceSeconds: 86_400, everySeconds: 60, rowsPerSecond: 2000 },
      retention: { policies: [], everySeconds: 3600, rowsPerSecond: 2000 },
      scrub: { bytesPerSecond: 10_485_760, everyDays: 30 },
      upstreams: [],
      mirror: {
        upstreams: [],
        virtual: [],
        checkSeconds: 3,
        backoffSeconds: 30,
        negativeSeconds: 30,
        rateLimitReserve: 10,
        maxManifestBytes: 4_194_304,
        lowWater: 0.9,
        pins: [],
        minFreeBytes: 1_073_741_824,
        finishAbandoned: true,
        spoolDirectory: "/srv/registry/data/fills",
      },
    });
  });
});

describe("the places of content", () => {
  it("follow the data directory", () => {
    expect(load({ flags: { data: "/var/lib/berth" } }).storage).toEqual({
      blobs: { filesystem: { directory: "/var/lib/berth/blobs" } },
      metadata: { sqlite: { path: "/var/lib/berth/berth.sqlite" } },
      minFreeBytes: 268_435_456,
    });
  });

  it("may be given one by one, relative to the working directory and not to the data directory", () => {
    const file = yaml("data: store\nstorage:\n  blobs: {filesystem: {directory: disk/blobs}}\n");
    expect(load({ file, env: { BERTH_STORAGE_METADATA_SQLITE_PATH: "/fast/db" } })).toMatchObject({
      data: "/srv/registry/store",
      storage: {
        blobs: { filesystem: { directory: "/srv/registry/disk/blobs" } },
        metadata: { sqlite: { path: "/fast/db" } },
      },
    });
  });

  it("may be memory", () => {
    expect(load({ env: { BERTH_STORAGE_BLOBS_MEMORY: "{}" } }).storage.blobs).toEqual({ memory: {} });
  });
});

describe("the command line's options", () => {
  it("come before the environment, which comes before the file", () => {
    const file = yaml("http: {listen: 127.0.0.1:1}\ndata: /file\nauth: {mode: open}\n");
    expect(load({ file })).toMatchObject({ http: { listen: { port: 1 } }, data: "/file" });
    const env = { BERTH_HTTP_LISTEN: "127.0.0.1:2", BERTH_DATA: "/environment" };
    expect(load({ file, env })).toMatchObject({ http: { listen: { port: 2 } }, data: "/environment" });
    const flags = { listen: "127.0.0.1:3", data: "/flag" };
    expect(load({ file, env, flags })).toMatchObject({ http: { listen: { port: 3 } }, data: "/flag" });
  });
});

describe("http.publicUrl", () => {
  it.each([
    ["https://registry.example.com", "https://registry.example.com"],
    ["https://registry.example.com/", "https://registry.example.com"],
    ["http://10.0.0.1:5000", "http://10.0.0.1:5000"],
    ["HTTPS://Registry.Example.com:443", "https://registry.example.com"],
  ])("%s is kept as %s", (text, url) => {
    expect(load({ env: { BERTH_HTTP_PUBLIC_URL: text } }).http.publicUrl).toBe(url);
  });

  it.each([
    ["https://user:geheim@registry.example.com", /must not contain a user name or password/],
    ["https://geheim@registry.example.com", /must not contain a user name or password/],
    ["registry.example.com", /must be a URL such as/],
    ["localhost:5000", /must begin with https/],
    ["https://example.com/registry", /must end after the host or port/],
    ["https://example.com/?geheim", /must end after the host or port/],
  ])("%s is refused, and not repeated", (text, message) => {
    const attempt = () => load({ env: { BERTH_HTTP_PUBLIC_URL: text } });
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/geheim/);
  });
});

describe("limits", () => {
  it.each([
    ["BERTH_HTTP_INACTIVITY_SECONDS", "0", /at least 1/],
    ["BERTH_HTTP_KEEP_ALIVE_SECONDS", "2147484", /at most 2147483/],
    ["BERTH_HTTP_DRAIN_SECONDS", "-1", /at least 0/],
    ["BERTH_HTTP_MAX_MANIFEST_BYTES", "10", /at least 1024/],
    ["BERTH_UPLOADS_LEASE_SECONDS", "0.5", /whole number/],
    ["BERTH_HTTP_LISTEN", "nonsense", /must be HOST:PORT/],
    ["BERTH_METRICS_LISTEN", "5000", /write 127.0.0.1:5000 or :5000/],
    ["BERTH_LOG_LEVEL", "verbose", /must be one of trace, debug/],
  ])("%s=%s", (name, value, message) => {
    expect(() => load({ env: { [name]: value } })).toThrow(message);
  });
});

describe("http.trustedProxies", () => {
  it("is a list of addresses, networks and the word loopback, in the file and in the environment", () => {
    const proxies = ["loopback", "10.0.0.0/8", "192.0.2.1", "fd00::/8", "::1"];
    const file = yaml(`http: {trustedProxies: [${proxies.map((proxy) => JSON.stringify(proxy)).join()}]}`);
    expect(load({ file }).http.trustedProxies).toEqual(proxies);
    const env = { BERTH_HTTP_TRUSTED_PROXIES: JSON.stringify(proxies) };
    expect(load({ env }).http.trustedProxies).toEqual(proxies);
    const one = { BERTH_HTTP_TRUSTED_PROXIES_0: "192.0.2.7" };
    expect(load({ env: one }).http.trustedProxies).toEqual(["192.0.2.7"]);
  });

  it.each([
    ["proxy.example", /must be an address, a network/],
    ["10.0.0.0/33", /has the prefix \/33; the longest is \/32/],
    ["fd00::/129", /the longest is \/128/],
    ["10.0.0.0/", /must be an address/],
    ["fe80::1%eth0", /must be an address/],
    ["::ffff:10.0.0.1", /must be written as IPv4/],
  ])("%s is refused", (text, message) => {
    expect(() => load({ env: { BERTH_HTTP_TRUSTED_PROXIES_0: text } })).toThrow(message);
  });
});

describe("http.tls", () => {
  it("is two files, relative to the working directory", () => {
    const file = yaml("http: {tls: {cert: tls/tls.crt, key: /run/secrets/tls.key}}");
    expect(load({ file }).http.tls).toEqual({
      cert: "/srv/registry/tls/tls.crt",
      key: "/run/secrets/tls.key",
    });
  });

  it("needs both of them", () => {
    const env = { BERTH_HTTP_TLS_CERT: "tls.crt" };
    expect(() => load({ env })).toThrow(/http\.tls\.key: is missing and has no default/);
  });
});

describe("http.offload", () => {
  const trusting = { BERTH_HTTP_OFFLOAD: "nginx", BERTH_HTTP_TRUSTED_PROXIES: "[loopback]" };

  it("is nginx, beside a directory and a trusted proxy", () => {
    expect(load({ env: trusting }).http.offload).toBe("nginx");
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      "a bucket",
      { ...trusting, BERTH_STORAGE_BLOBS_S3_BUCKET: "berth" },
      /in a bucket.*storage\.blobs\.s3\.redirect/,
    ],
    [
      "blobs in memory",
      { ...trusting, BERTH_STORAGE_BLOBS_MEMORY: "{}" },
      /in memory.*storage\.blobs\.filesystem/,
    ],
    ["no trusted proxy", { BERTH_HTTP_OFFLOAD: "nginx" }, /name nginx's address in http\.trustedProxies/],
    ["another server", { ...trusting, BERTH_HTTP_OFFLOAD: "apache" }, /http\.offload.*nginx/],
  ])("is refused beside %s, with what to do", (_, env, said) => {
    expect(() => load({ env })).toThrow(said);
    expect(() => load({ env })).toThrow("environment variable BERTH_HTTP_OFFLOAD");
  });
});
