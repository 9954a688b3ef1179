// Every way to write an image, and the one name that it leads to.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MirrorNamespaces } from "../../../src/pull-through/namespaces.ts";
import type { ResolvedName, SpelledName } from "../../../src/registry/namespace-resolver.ts";
import { mirrorSettings } from "./mirror-settings.ts";

const upstreams = [
  "defaults",
  { host: "registry.k8s.io", prefixes: ["k8s"] },
  {
    host: "private.example.com",
    aliases: ["private.example.com:8443"],
    allow: ["team/**"],
    deny: ["**/secret"],
  },
];
const mirror = {
  default: "docker.io",
  virtual: [
    { from: "google_containers/*", to: "registry.k8s.io/*" },
    { from: "mirrored/deep/*", to: "quay.io/deep/*" },
    { from: "base", to: "ghcr.io/example/base" },
    { from: "google_containers/etcd", to: "quay.io/coreos/etcd" },
  ],
};
const localNames = ["library/own", "own", "team/app"];

const resolver = (more: object = mirror, entries: readonly unknown[] = upstreams) =>
  new MirrorNamespaces({
    settings: mirrorSettings(entries, more),
    isLocal: async (name) => localNames.includes(name),
    ownHosts: ["Registry.example.com"],
  });
const namespaces = resolver();

/** `upstream: name`, the local name, or `no`. */
const outcome = (resolved: ResolvedName): string => {
  if (resolved.kind === "unknown") return "no";
  return resolved.kind === "local" ? `local ${resolved.name}` : resolved.name;
};
const resolve = async (spelled: Partial<SpelledName>, of = namespaces) =>
  outcome(await of.resolve({ name: "", purpose: "pull", ...spelled }));

const long = "a".repeat(250);

/** Each is the same for every purpose, since it says where it leads. */
const named: readonly (readonly [Omit<SpelledName, "purpose">, string])[] = [
  // by ns
  [{ name: "library/alpine", ns: "docker.io" }, "docker.io/library/alpine"],
  [{ name: "alpine", ns: "docker.io" }, "docker.io/library/alpine"],
  [{ name: "alpine", ns: "index.docker.io" }, "docker.io/library/alpine"],
  [{ name: "alpine", ns: "registry-1.docker.io" }, "docker.io/library/alpine"],
  [{ name: "alpine", ns: "Docker.IO" }, "docker.io/library/alpine"],
  [{ name: "alpine", ns: "docker.io:443" }, "docker.io/library/alpine"],
  [{ name: "alpine", ns: "docker.io:5000" }, "no"],
  [{ name: "pause", ns: "k8s.gcr.io" }, "registry.k8s.io/pause"],
  [{ name: "pause", ns: "registry.\u212A8s.io" }, "no"],
  [{ name: "coredns/coredns", ns: "registry.k8s.io" }, "registry.k8s.io/coredns/coredns"],
  [{ name: "coredns", ns: "k8s.gcr.io" }, "registry.k8s.io/coredns"],
  [{ name: "own", ns: "docker.io" }, "docker.io/library/own"],
  [{ name: "library/own", ns: "docker.io" }, "docker.io/library/own"],
  [{ name: "team/app", ns: "private.example.com:8443" }, "private.example.com/team/app"],
  [{ name: "team/app", ns: "private.example.com:8444" }, "no"],
  [{ name: "team/app", ns: "169.254.169.254" }, "no"],
  [{ name: "team/app", ns: "k8s" }, "no"],
  [{ name: "team/app", ns: "evil.example.com" }, "no"],
  [{ name: "team/app", ns: "docker.io/../x" }, "no"],
  [{ name: "team/app", ns: "x".repeat(5000) }, "no"],
  [{ name: "google_containers/pause", ns: "docker.io" }, "docker.io/google_containers/pause"],
  [{ name: "docker.io/library/alpine", ns: "docker.io" }, "docker.io/library/alpine"],
  [{ name: "index.docker.io/alpine", ns: "docker.io" }, "docker.io/library/alpine"],
  [{ name: "docker.io/v2/library/alpine", ns: "docker.io" }, "docker.io/library/alpine"],
  [{ name: "quay.io/coreos/etcd", ns: "docker.io" }, "docker.io/quay.io/coreos/etcd"],
  [{ name: "k8s/pause", ns: "registry.k8s.io" }, "registry.k8s.io/k8s/pause"],
  [{ name: "Alpine", ns: "docker.io" }, "local docker.io/library/Alpine"],
  [{ name: "", ns: "docker.io" }, "local docker.io/library/"],
  [{ name: long, ns: "docker.io" }, `local docker.io/library/${long}`],
  [{ name: `library/${"a".repeat(238)}`, ns: "docker.io" }, `local docker.io/library/${"a".repeat(238)}`],
  [{ name: "a".repeat(238), ns: "docker.io" }, `local docker.io/library/${"a".repeat(238)}`],
  // by what stands before /v2
  [{ name: "pause", prefix: "k8s" }, "registry.k8s.io/pause"],
  [{ name: "pause", prefix: "K8s" }, "registry.k8s.io/pause"],
  [{ name: "pause", prefix: "registry.k8s.io" }, "registry.k8s.io/pause"],
  [{ name: "pause", prefix: "k8s.gcr.io" }, "registry.k8s.io/pause"],
  [{ name: "alpine", prefix: "docker.io" }, "docker.io/library/alpine"],
  [{ name: "alpine", prefix: "docker.io", ns: "docker.io" }, "docker.io/library/alpine"],
  [{ name: "alpine", prefix: "docker.io", ns: "quay.io" }, "no"],
  [{ name: "alpine", prefix: "elsewhere" }, "no"],
  [{ name: "alpine", prefix: "google_containers" }, "no"],
  // by the path
  [{ name: "docker.io/library/alpine" }, "docker.io/library/alpine"],
  [{ name: "docker.io/alpine" }, "docker.io/library/alpine"],
  [{ name: "index.docker.io/library/alpine" }, "docker.io/library/alpine"],
  [{ name: "docker.io/v2/library/alpine" }, "docker.io/library/alpine"],
  [{ name: "docker.io/v2/v2/alpine" }, "docker.io/library/alpine"],
  [{ name: "k8s/v2/pause" }, "registry.k8s.io/pause"],
  [{ name: "k8s/pause" }, "registry.k8s.io/pause"],
  [{ name: "k8s.gcr.io/coredns" }, "registry.k8s.io/coredns"],
  [{ name: "k8s.gcr.io/coredns/coredns" }, "registry.k8s.io/coredns/coredns"],
  [{ name: "private.example.com:8443/team/app" }, "private.example.com/team/app"],
  [{ name: `docker.io/${"a".repeat(238)}` }, `local docker.io/library/${"a".repeat(238)}`],
  // allow, deny
  [{ name: "private.example.com/team/deep/app" }, "private.example.com/team/deep/app"],
  [{ name: "private.example.com/other/app" }, "no"],
  [{ name: "private.example.com/team/secret" }, "no"],
  [{ name: "team/secret", ns: "private.example.com" }, "no"],
  // other names
  [{ name: "google_containers/pause" }, "registry.k8s.io/pause"],
  [{ name: "google_containers/coredns" }, "registry.k8s.io/coredns/coredns"],
  [{ name: "google_containers/coredns/coredns" }, "registry.k8s.io/coredns/coredns"],
  [{ name: "google_containers/etcd" }, "quay.io/coreos/etcd"],
  [{ name: "mirrored/deep/image" }, "quay.io/deep/image"],
  [{ name: "base" }, "ghcr.io/example/base"],
];

describe("a name that says where it leads", () => {
  it.each(named)("%o → %s, whatever it is wanted for", async (spelled, expected) => {
    for (const purpose of ["pull", "look", "change"] as const) {
      expect([purpose, await resolve({ ...spelled, purpose })]).toEqual([purpose, expected]);
    }
  });
});

/** What is un-prefixed: pulled, looked for, changed. */
const bare: readonly (readonly [name: string, pulled: string])[] = [
  ["alpine", "docker.io/library/alpine"],
  ["library/alpine", "docker.io/library/alpine"],
  ["grafana/grafana", "docker.io/grafana/grafana"],
  ["elsewhere.example.com/app", "docker.io/elsewhere.example.com/app"],
  ["google_containers", "docker.io/library/google_containers"],
  ["mirrored/other", "docker.io/mirrored/other"],
  ["own", "local own"],
  ["library/own", "local library/own"],
  ["team/app", "local team/app"],
  ["", "local "],
  ["google_containers/", "local google_containers/"],
  ["../etc", "local ../etc"],
  ["UPPER", "local UPPER"],
  ["a".repeat(256), `local ${"a".repeat(256)}`],
  ["a".repeat(255), `local ${"a".repeat(255)}`],
];

describe("a name that says nothing of the kind", () => {
  it.each(bare)("%s is pulled as %s, and else is local", async (name, pulled) => {
    const outcomes = [];
    for (const purpose of ["pull", "look", "change"] as const)
      outcomes.push(await resolve({ name, purpose }));
    expect(outcomes).toEqual([pulled, `local ${name}`, `local ${name}`]);
  });

  it.each(["docker.io", "index.docker.io"])("%s alone is nothing that could be pushed to", async (name) => {
    expect(await resolve({ name, purpose: "pull" })).toBe(`docker.io/library/${name}`);
    expect(await resolve({ name, purpose: "look" })).toBe(`local ${name}`);
    expect(await resolve({ name, purpose: "change" })).toBe("docker.io");
  });

  it("is local without a default upstream, and nobody is asked whether it is there", async () => {
    const settings = mirrorSettings(upstreams);
    const isLocal = () => Promise.reject(new Error("asked"));
    const plain = new MirrorNamespaces({ settings, isLocal });
    expect(await resolve({ name: "alpine" }, plain)).toBe("local alpine");
  });

  it("is not here when the default upstream's patterns leave it out", async () => {
    const narrow = resolver({ default: "docker.io" }, [{ host: "docker.io", allow: ["library/*"] }]);
    expect(await resolve({ name: "grafana/grafana" }, narrow)).toBe("no");
    expect(await resolve({ name: "alpine" }, narrow)).toBe("docker.io/library/alpine");
    expect(await resolve({ name: "team/app" }, narrow)).toBe("local team/app");
  });

  it("is local with the ns of this registry itself, which is no upstream", async () => {
    for (const ns of ["registry.example.com", "REGISTRY.example.com:443"]) {
      expect(await resolve({ name: "alpine", ns })).toBe("local alpine");
      expect(await resolve({ name: "google_containers/pause", ns })).toBe("registry.k8s.io/pause");
    }
  });
});

describe("other names within an upstream", () => {
  const renamed = resolver({ virtual: [{ from: "k8s.gcr.io/coredns", to: "k8s.gcr.io/coredns/coredns" }] });

  it.each<[Partial<SpelledName>]>([
    [{ name: "coredns", ns: "k8s.gcr.io" }],
    [{ name: "coredns", prefix: "k8s" }],
    [{ name: "registry.k8s.io/coredns" }],
    [{ name: "registry.k8s.io/coredns/coredns" }],
  ])("count for every spelling: %o", async (spelled) => {
    expect(await resolve(spelled, renamed)).toBe("registry.k8s.io/coredns/coredns");
  });
});

describe("the hint", () => {
  const hintOf = async (name: string) => {
    const resolved = await namespaces.resolve({ name, purpose: "pull" });
    return resolved.kind === "mirrored" ? resolved.hint : undefined;
  };

  it("is given for a second /v2 and for nothing else", async () => {
    expect(await hintOf("docker.io/v2/library/alpine")).toContain("/v2");
    expect(await hintOf("docker.io/library/alpine")).toBeUndefined();
  });
});

describe("a refusal", () => {
  it("repeats little of what was asked for", async () => {
    const refused = await namespaces.resolve({ name: "a", ns: "n".repeat(9000), purpose: "pull" });
    expect(refused.kind === "unknown" && refused.reason.length).toBeLessThan(300);
  });
});

it("hosts, aliases, prefixes and whole paths of other names are nobody's projects", () => {
  const expected = [
    "docker.io",
    "index.docker.io",
    "k8s.gcr.io",
    "registry.k8s.io",
    "k8s",
    "google_containers",
  ];
  expect([...namespaces.reserved]).toEqual(expect.arrayContaining(expected));
  expect(namespaces.reserved.has("mirrored")).toBe(false);
  expect(namespaces.reserved.has("base")).toBe(false);
});

const component = fc.constantFrom(
  "library",
  "alpine",
  "v2",
  "docker.io",
  "k8s",
  "coredns",
  "a",
  "google_containers",
  "team",
);
const host = fc.constantFrom(
  "docker.io",
  "INDEX.docker.io",
  "k8s.gcr.io",
  "registry.k8s.io:443",
  "quay.io",
  "evil.com",
  "k8s",
);
const spelling = fc.record(
  {
    name: fc.oneof(
      fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/")),
      fc.string(),
    ),
    ns: host,
    prefix: host,
    purpose: fc.constantFrom("pull", "look", "change"),
  },
  { requiredKeys: ["name", "purpose"] },
);

describe("whatever is asked for", () => {
  const known = new Set(mirrorSettings(upstreams).upstreams.map(({ name }) => name));

  it("a canonical name leads to itself, and to an upstream that was configured", async () => {
    await fc.assert(
      fc.asyncProperty(spelling, async (spelled) => {
        const resolved = await namespaces.resolve(spelled);
        if (resolved.kind !== "mirrored") return;
        expect(known).toContain(resolved.upstream);
        // no repository, and the upstream's, so that nobody makes it one
        if (resolved.name === resolved.upstream) expect(spelled.purpose).toBe("change");
        if (resolved.name === resolved.upstream) return;
        expect(resolved.name.startsWith(`${resolved.upstream}/`)).toBe(true);
        const again = await namespaces.resolve({ name: resolved.name, purpose: spelled.purpose });
        expect(again).toEqual({ kind: "mirrored", name: resolved.name, upstream: resolved.upstream });
      }),
      { numRuns: 3000, examples: [[{ name: "docker.io", purpose: "change" }]] },
    );
  });

  it("ns never leads to a repository of our own", async () => {
    await fc.assert(
      fc.asyncProperty(spelling, host, async (spelled, ns) => {
        const resolved = await namespaces.resolve({ ...spelled, ns });
        // what is left is no repository's name
        if (resolved.kind === "local") expect(/^[a-z.0-9]+\//.test(resolved.name)).toBe(true);
        if (resolved.kind === "local") expect(resolved.name).not.toBe(spelled.name);
      }),
      { numRuns: 2000 },
    );
  });

  it("what begins with a reserved name is never a repository of our own", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...namespaces.reserved), component, async (first, rest) => {
        for (const purpose of ["pull", "look", "change"] as const) {
          expect((await namespaces.resolve({ name: `${first}/${rest}`, purpose })).kind).not.toBe("local");
        }
      }),
    );
  });
});
