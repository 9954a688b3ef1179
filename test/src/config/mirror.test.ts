// Upstreams and the mirror in the configuration: what is filled in, and every contradiction in a sentence.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ConfigError } from "../../../src/config/config-error.ts";
import { loadConfig, type Config } from "../../../src/config/load-config.ts";
import { printConfig } from "../../../src/config/print-config.ts";

function load(text: string, env: Record<string, string> = {}): Config {
  const folder = mkdtempSync(join(tmpdir(), "berth-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "berth.yaml");
  writeFileSync(file, text);
  return loadConfig({ file, env, workingDirectory: "/srv" });
}

const remote = {
  insecure: false,
  maxConnections: 32,
  headersSeconds: 8,
  inactivitySeconds: 30,
};

describe("upstreams", () => {
  it("that are the defaults are six, with the names that people know them by", () => {
    const { upstreams } = load("upstreams: [defaults]").mirror;
    expect(
      upstreams.map(({ name, aliases, library, sources }) => [
        name,
        aliases,
        library,
        sources[0]?.remote.url,
      ]),
    ).toEqual([
      ["docker.io", ["index.docker.io", "registry-1.docker.io"], true, "https://registry-1.docker.io"],
      ["registry.k8s.io", ["k8s.gcr.io"], false, "https://registry.k8s.io"],
      ["ghcr.io", [], false, "https://ghcr.io"],
      ["quay.io", [], false, "https://quay.io"],
      ["gcr.io", [], false, "https://gcr.io"],
      ["mcr.microsoft.com", [], false, "https://mcr.microsoft.com"],
    ]);
  });

  it.each([
    "upstreams: [quay.io]",
    "upstreams:\n  - quay.io",
    "upstreams: [{host: quay.io}]",
    "upstreams: [{host: quay.io, sources: [{}]}]",
  ])("may be as short as %j", (text) => {
    expect(load(text).mirror.upstreams).toEqual([
      {
        name: "quay.io",
        aliases: [],
        prefixes: [],
        sources: [{ remote: { url: "https://quay.io", ...remote }, trusted: true, rewrite: [] }],
        library: false,
        allow: [],
        deny: [],
        anonymous: true,
        tagTtl: [
          { pattern: "latest", seconds: 60 },
          { pattern: "*.*.*", seconds: 3600 },
        ],
        tagTtlSeconds: 300,
        onDeletion: "keep",
      },
    ]);
  });

  it("replace a default one in its place, and keep what is known of it", () => {
    const { upstreams } = load(`
upstreams:
  - defaults
  - host: registry.k8s.io
    prefixes: [k8s]
    aliases: [k8s.example.com]
    sources:
      - {}
      - {url: "https://relay.example.com/k8s/", tags: never, rewrite: [{from: "(.*)", to: "x/$1"}]}
`).mirror;
    expect(upstreams.map(({ name }) => name).indexOf("registry.k8s.io")).toBe(1);
    expect(upstreams).toHaveLength(6);
    expect(upstreams[1]).toMatchObject({
      aliases: ["k8s.gcr.io", "k8s.example.com"],
      prefixes: ["k8s"],
      sources: [
        { trusted: true, remote: { url: "https://registry.k8s.io" } },
        {
          trusted: false,
          remote: { url: "https://relay.example.com/k8s" },
          rewrite: [{ from: "(.*)", to: "x/$1" }],
        },
      ],
    });
  });

  it.each([
    ["nothing", "{}", true],
    ["credentials", "{credentials: {file: c.json}}", false],
    ["a client certificate", "{clientCertificate: {cert: c, key: k}}", false],
    ["credentials, and a word for it", "{credentials: {file: c.json}, anonymous: true}", true],
    ["nothing, and a word against it", "{anonymous: false}", false],
    ["credentials of one source", "{sources: [{}, {credentials: {username: u, password: p}}]}", false],
  ])("with %s are for everybody: %s %s", (_, keys, anonymous) => {
    const { upstreams } = load(
      `upstreams: [${keys.replace("{", "{host: quay.io, ").replace(", }", "}")}]`,
    ).mirror;
    expect(upstreams[0]?.anonymous).toBe(anonymous);
  });

  it("have absolute paths, and credentials of one kind", () => {
    const remoteOf = (keys: string) =>
      load(`upstreams: [{host: quay.io, ${keys}}]`).mirror.upstreams[0]?.sources[0]?.remote;
    expect(remoteOf("ca: a.pem, clientCertificate: {cert: c.pem, key: /k.pem}")).toMatchObject({
      ca: "/srv/a.pem",
      clientCertificate: { certificate: "/srv/c.pem", key: "/k.pem" },
    });
    expect(remoteOf("credentials: {file: hub.json}")?.credentials).toEqual({
      kind: "file",
      path: "/srv/hub.json",
    });
    expect(remoteOf("credentials: {username: u, password: p}")?.credentials).toEqual({
      ...{ kind: "static", username: "u", password: "p" },
    });
    expect(remoteOf("credentials: {command: [get, x]}")?.credentials).toEqual({
      ...{ kind: "command", command: ["get", "x"], everySeconds: 3600 },
    });
  });

  it("may come from the environment", () => {
    const env = {
      BERTH_UPSTREAMS_0: "defaults",
      BERTH_UPSTREAMS_1_HOST: "docker.io",
      BERTH_UPSTREAMS_1_CREDENTIALS_USERNAME: "u",
      BERTH_UPSTREAMS_1_CREDENTIALS_PASSWORD: "p",
      BERTH_MIRROR_DEFAULT: "index.docker.io",
    };
    const { mirror } = load("", env);
    expect(mirror.default).toBe("docker.io");
    expect(mirror.upstreams[0]).toMatchObject({ name: "docker.io", library: true, anonymous: false });
  });

  it("are printed whole, without secrets, and so that they load again", () => {
    const config = load(`
upstreams: [defaults, {host: r.example.com, proxy: "http://u:geheim@p:1", credentials: {username: u, password: geheim}}]
mirror: {default: docker.io, maxBytes: 5000000, pins: ["**"], virtual: [{from: "g/*", to: "k8s.gcr.io/*"}]}
`);
    const printed = printConfig(config, "yaml");
    expect(printed).not.toContain("geheim");
    const again = load(
      printed.replaceAll("proxy: <hidden>", "proxy: http://u:geheim@p:1").replaceAll("<hidden>", "geheim"),
    );
    expect([again.upstreams, again.mirror]).toEqual([config.upstreams, config.mirror]);
  });
});

describe("other names", () => {
  it("lead to names as they are kept here", () => {
    const rules = [
      ["g/*", "k8s.gcr.io/*", "g/*", "registry.k8s.io/*"],
      ["base", "index.docker.io/alpine", "base", "docker.io/library/alpine"],
      ["g/deep/*", "quay.io/x/*", "g/deep/*", "quay.io/x/*"],
      [
        "k8s.gcr.io/coredns",
        "registry.k8s.io/coredns/coredns",
        "registry.k8s.io/coredns",
        "registry.k8s.io/coredns/coredns",
      ],
    ];
    const virtual = rules.map(([from, to]) => ({ from, to }));
    const { mirror } = load(JSON.stringify({ upstreams: ["defaults"], mirror: { virtual } }));
    expect(mirror.virtual).toEqual(rules.map(([, , from, to]) => ({ from, to })));
  });
});

const oneOf = (keys: string) => `upstreams: [{host: r.example.com, ${keys}}]`;
const renamed = (from: string, to: string) =>
  `upstreams: [defaults, {host: quay.io, prefixes: [q]}]\nmirror: {virtual: [{from: "${from}", to: "${to}"}]}`;

describe("a configuration that can't be meant", () => {
  it.each<[text: string, ...sentences: string[]]>([
    [
      "upstreams: [quay.io, quay.io]",
      "upstreams[1]: is there twice: quay.io has an entry of its own already",
    ],
    ["upstreams: [index.docker.io]", "upstreams[0]: is another name of docker.io: write docker.io"],
    [
      "upstreams: [defaults, {host: a.io, aliases: [k8s.gcr.io]}]",
      "has the name k8s.gcr.io, which is registry.k8s.io's already",
    ],
    [
      "upstreams: [defaults, {host: a.io, prefixes: [quay.io]}]",
      "has the name quay.io, which is quay.io's already",
    ],
    [
      "upstreams: [{host: a.io, prefixes: [x]}, {host: b.io, prefixes: [x]}]",
      "upstreams[1]: has the name x, which is a.io's already",
    ],
    ["upstreams: [library]", "library is auth.accounts.defaultProject"],
    [oneOf("prefixes: [v2]"), "v2 can't be an upstream, an alias or a prefix"],
    ["upstreams: ['Quay.io']", "must be a host name in lower case"],
    ["upstreams: ['quay.io:443']", "upstreams[0]: must be a host name in lower case and without a port"],
    ["upstreams: ['https://quay.io']", "must be a host name"],
    [
      oneOf("aliases: ['x:y']"),
      "upstreams[0].aliases[0]: must be a host name in lower case, with a port or without",
    ],
    [oneOf("prefixes: [a/b]"), "upstreams[0].prefixes[0]: must be a single path component"],
    [oneOf("alias: [x]"), "there is no such key; did you mean upstreams[0].aliases?"],
    [oneOf("url: 'ftp://x'"), "upstreams[0].url: must begin with https:// or http://"],
    [
      oneOf("url: 'https://u:geheim@x'"),
      "must not hold a user name or a password: those have keys of their own",
    ],
    [oneOf("url: 'https://x/?a=b'"), "must end with its path, without a query"],
    [oneOf("url: 'https://x', sources: [{}]"), "upstreams[0].url: must stand in one of the sources"],
    [oneOf("insecure: true, sources: [{}]"), "upstreams[0].insecure: must stand in one of the sources"],
    [oneOf("sources: []"), "upstreams[0].sources: must be at least 1 entries long"],
    [oneOf("credentials: {}"), "must have username and password, or file, or command"],
    [oneOf("credentials: {username: u}"), "must have username and password, or file, or command"],
    [oneOf("credentials: {file: f, command: [c]}"), "must have username and password, or file, or command"],
    [oneOf("credentials: {file: f, everySeconds: 5}"), "everySeconds goes with command"],
    [oneOf("rewrite: [{from: '(', to: x}]"), "upstreams[0].rewrite[0].from: is no regular expression"],
    [oneOf("rewrite: [{from: '(a+)+', to: x}]"), "upstreams[0].rewrite[0].from: must not repeat a group"],
    [oneOf("rewrite: [{from: '.*', to: $1}]"), "upstreams[0].rewrite[0].to: names $1"],
    [oneOf("tags: always"), "must be one of trusted, never"],
    [
      "mirror: {default: docker.io}",
      "mirror.default: names no upstream, docker.io; there are none under upstreams",
    ],
    [
      "upstreams: [quay.io]\nmirror: {default: docker.io}",
      "mirror.default: names no upstream, docker.io; there are quay.io",
    ],
    ["mirror: {negativeSeconds: 31}", "mirror.negativeSeconds: must be at most 30"],
    [renamed("a/*", "elsewhere.io/*"), "mirror.virtual[0].to: names no upstream, elsewhere.io"],
    [renamed("a/*", "docker.io/x"), "mirror.virtual[0].to: must end in /* if from does"],
    [renamed("a", "docker.io"), "mirror.virtual[0].to: must say which repository of docker.io"],
    [renamed("A/*", "docker.io/*"), "mirror.virtual[0].from: must be a repository's name"],
    [renamed("*", "docker.io/*"), "mirror.virtual[0].from: must be a repository's name"],
    [
      renamed("q/*", "docker.io/*"),
      "begins with q, which is quay.io's: only single repositories can be renamed there",
    ],
    [renamed("docker.io/a", "docker.io/library/a"), "docker.io/library/a is another name itself"],
    [
      "upstreams: [docker.io]\nmirror: {virtual: [{from: a, to: docker.io/a}, {from: a, to: docker.io/b}]}",
      "mirror.virtual[1].from: a has a rule already",
    ],
    ["upstreams: [a.io, a.io]\nmirror: {default: b.io}", "is there twice", "names no upstream, b.io"],
  ])("%s is refused", (text, ...sentences) => {
    const attempt = () => load(text);
    expect(attempt).toThrow(ConfigError);
    for (const sentence of sentences) expect(attempt).toThrow(sentence);
    expect(attempt).not.toThrow("geheim");
    expect(attempt).toThrow("berth.yaml:");
  });
});
