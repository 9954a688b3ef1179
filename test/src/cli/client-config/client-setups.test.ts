// What each client is given, for each way in which this registry may be reached. The snapshots are the files themselves:
// a change there is a change of what people put on their machines.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { clients } from "../../../../src/cli/client-config/client-config-command.ts";
import { mirrorServer, type AddressOptions } from "../../../../src/cli/client-config/server-address.ts";
import { loadConfig } from "../../../../src/config/load-config.ts";

const upstreams = [
  { name: "docker.io", aliases: ["index.docker.io"] },
  { name: "registry.k8s.io", aliases: ["k8s.gcr.io"] },
];

type Place = { readonly http?: object; readonly options?: AddressOptions; readonly default?: string };

const places: Readonly<Record<string, Place>> = {
  "plain HTTP": { http: { publicUrl: "http://berth.example:5000" } },
  "HTTPS with a known authority": { http: { publicUrl: "https://berth.example" } },
  "HTTPS with an authority of one's own": {
    options: { url: "https://berth.example:5000/", ca: "/etc/pki/our-ca.pem" },
  },
  "HTTPS below a path": { options: { url: "https://berth.example/images/" } },
};

function serverAt({ http = {}, options = {}, ...place }: Place) {
  const config = loadConfig({});
  const mirror = { ...config.mirror, upstreams: upstreams as never, default: place.default ?? "docker.io" };
  return mirrorServer({ http: { ...config.http, ...http }, mirror }, options);
}

const withoutPath = new Set(["podman", "cri-o", "buildkit"]);

describe("a client's configuration", () => {
  for (const [place, how] of Object.entries(places)) {
    it.each([...clients])(`over ${place} is this for %s`, (client, setup) => {
      if (place.includes("path") && withoutPath.has(client)) {
        expect(() => setup(serverAt(how))).toThrow(/asks for \/v2\/ at the root of a host and nowhere else/);
        return;
      }
      const { text, notes } = setup(serverAt(how));
      expect(`${text}---\n${notes.join("\n")}`).toMatchSnapshot();
    });
  }

  it("names the default upstream to docker and minikube only when it is Docker Hub, which is all they ask a mirror for", () => {
    const server = serverAt({ http: { publicUrl: "http://b:5000" }, default: "registry.k8s.io" });
    const { text, notes } = clients.get("docker")?.(server) ?? { text: "", notes: [] };
    expect(JSON.parse(text)).toEqual({ "insecure-registries": ["b:5000"] });
    expect(notes.join("\n")).toMatch(/mirror\.default is not docker\.io/);
    expect(clients.get("minikube")?.(server).text).toBe("minikube start --insecure-registry=b:5000\n");
  });

  it("names no other upstream to docker where there is none", () => {
    const server = {
      ...serverAt({ http: { publicUrl: "http://b:5000" } }),
      upstreams: upstreams.slice(0, 1),
    };
    expect(clients.get("docker")?.(server).notes.join("\n")).not.toMatch(/prefix/);
  });

  it("has no port in the path of podman's mirrors, whatever an upstream is called else", () => {
    const named = { name: "registry.example", aliases: ["registry.example:8443"] };
    const server = { ...serverAt({ http: { publicUrl: "http://b:5000" } }), upstreams: [named] };
    const { text } = clients.get("podman")?.(server) ?? { text: "" };
    expect(text.match(/^location = .*$/gm)).toEqual([
      'location = "registry.example"',
      'location = "b:5000/registry.example"',
      'location = "registry.example:8443"',
      'location = "b:5000/registry.example"',
      'location = "b:5000"',
    ]);
  });

  it("is what the formats take: JSON for docker, YAML for k3s and kind", () => {
    const server = serverAt({ http: { publicUrl: "http://b:5000" } });
    expect(JSON.parse(clients.get("docker")?.(server).text ?? "")).toEqual({
      "registry-mirrors": ["http://b:5000"],
      "insecure-registries": ["b:5000"],
    });
    expect(parse(clients.get("k3s")?.(server).text ?? "")).toEqual({
      mirrors: { "*": { endpoint: ["http://b:5000"] } },
    });
    expect(parse(clients.get("kind")?.(server).text ?? "")).toMatchObject({
      kind: "Cluster",
      nodes: [{ extraMounts: [{ containerPath: "/etc/containerd/certs.d" }] }],
    });
  });
});

describe("the address of the server", () => {
  it.each<[string, object, AddressOptions, string]>([
    ["http.listen", { listen: { host: "127.0.0.1", port: 5000 } }, {}, "http://127.0.0.1:5000"],
    ["http.listen, with TLS", { listen: { host: "::1", port: 443 }, tls: {} }, {}, "https://[::1]"],
    ["http.publicUrl", { publicUrl: "https://a.example" }, {}, "https://a.example"],
    [
      "--url before all",
      { publicUrl: "https://a.example" },
      { url: "http://b.example:81/" },
      "http://b.example:81",
    ],
  ])("comes from %s", (_, http, options, expected) => {
    const { scheme, host } = serverAt({ http, options });
    expect(`${scheme}://${host}`).toBe(expected);
  });

  it.each<[string, object, AddressOptions, RegExp]>([
    ["every address", { listen: { host: "0.0.0.0", port: 5000 } }, {}, /http\.listen is 0\.0\.0\.0:5000/],
    [
      "a port that is not known yet",
      { listen: { host: "127.0.0.1", port: 0 } },
      {},
      /with --url or http\.publicUrl/,
    ],
    ["no URL", {}, { url: "berth:5000" }, /--url must be a URL/],
    ["a URL with a password", {}, { url: "http://a:b@berth" }, /--url must be a URL/],
    ["an authority where there is no TLS", {}, { url: "http://berth", ca: "x" }, /--ca is for https/],
  ])("is not %s", (_, http, options, message) => {
    expect(() => serverAt({ http, options })).toThrow(message);
  });

  it("is of no use without upstreams, and what to add is said", () => {
    const config = loadConfig({});
    const mirror = { ...config.mirror, upstreams: [] };
    expect(() => mirrorServer({ ...config, mirror }, {})).toThrow(/upstreams: \[defaults\]/);
  });
});
