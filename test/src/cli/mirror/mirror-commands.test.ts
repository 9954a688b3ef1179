// The commands on the mirror as an operator runs them, beside a server on the same data.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RegistryClient } from "../../../support/registry-client.ts";
import { mirrorAtHand, type MirrorAtHand } from "./mirror-at-hand.ts";

const mebibyte = 1024 * 1024;

async function statusesOf(url: string, paths: readonly string[]): Promise<number[]> {
  const client = new RegistryClient(url);
  try {
    return await Promise.all(paths.map(async (path) => (await client.send("GET", `/v2/${path}`)).status));
  } finally {
    client.close();
  }
}

async function audited(mirror: MirrorAtHand): Promise<string[]> {
  const entries = (await mirror.json("audit")) as { action: string; target: string }[];
  return entries.map(({ action, target }) => `${action} ${target}`);
}

describe("berth mirror pull", () => {
  it("fetches images for the wanted platforms, which a server then serves without the upstream", async () => {
    const mirror = await mirrorAtHand();
    const { upstream } = mirror;
    const platforms = ["linux/amd64", "linux/arm64"];
    const image = upstream.addImage("library/app", "1", { platforms, layers: [mebibyte, 1000] });
    const pull = ["mirror", "pull", "app:1", "--platform", "linux/arm64"];
    const report = await mirror.berth(pull);
    expect(report).toMatchObject({ code: 0, errors: "" });
    expect(report.output).toMatch(
      /^IMAGE +OUTCOME +PLATFORMS +SIZE +FETCHED +REMARK\napp:1 +done +linux\/arm64/,
    );
    await upstream.disappear();
    const server = await mirror.serve();
    const arm = image.manifests.find(({ platform }) => platform === "linux/arm64");
    const amd = image.manifests.find(({ platform }) => platform === "linux/amd64");
    const manifests = ["1", image.digest, arm?.digest, amd?.digest];
    const paths = manifests.map((reference) => `docker.io/library/app/manifests/${reference}`);
    const blobs = [arm?.config, ...(arm?.layers ?? [])].map(
      (digest) => `docker.io/library/app/blobs/${digest}`,
    );
    expect(await statusesOf(server.url, [...paths, ...blobs])).toEqual([200, 200, 200, 502, 200, 200, 200]);
    await upstream.comeBack();
  });

  it("goes on where it was, and says what was fetched", async () => {
    const mirror = await mirrorAtHand();
    mirror.upstream.addImage("library/app", "1", { layers: [1000] });
    mirror.upstream.addImage("library/other", "1", { layers: [1000] });
    await mirror.json("mirror pull app:1 --platform all");
    const before = mirror.upstream.requests.blobGet;
    const second = (await mirror.json("mirror pull app:1 other:1 --platform all")) as {
      images: { image: string; phase: string; bytes: number; heldBytes: number }[];
    };
    expect(
      second.images.map(({ image, phase, bytes, heldBytes }) => [image, phase, heldBytes === bytes]),
    ).toEqual([
      ["app:1", "done", true],
      ["other:1", "done", false],
    ]);
    expect(mirror.upstream.requests.blobGet - before).toBe(2);
  });

  it("takes lists from a file or a pipe, and exits with 1 when one of them can't be had", async () => {
    const mirror = await mirrorAtHand();
    mirror.upstream.addImage("pause", "3.9");
    const list = join(mirror.data, "images.txt");
    await writeFile(list, "# a cluster's\nregistry.k8s.io/pause:3.9\n");
    expect(await mirror.berth(["mirror", "pull", "-f", list])).toMatchObject({ code: 0, errors: "" });
    const piped = await mirror.berth("mirror pull -f -", {
      piped: "registry.k8s.io/pause:3.9\nquay.io/a/b\n",
    });
    expect(piped.code).toBe(1);
    expect(piped.output).toMatch(/quay\.io\/a\/b +failed .*nothing is mirrored from there/);
    expect(piped.errors).toMatch(/^error: an image could not be had/);
  });

  it("knows the images of a Kubernetes version, and what to tell containerd", async () => {
    const mirror = await mirrorAtHand();
    const parts = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];
    for (const part of parts) mirror.upstream.addImage(part, "v1.31.2");
    mirror.upstream.addImage("coredns/coredns", "v1.11.3");
    mirror.upstream.addImage("etcd", "3.5.15-0");
    for (const tag of ["3.6", "3.8", "3.9", "3.10", "3.10.1"]) mirror.upstream.addImage("pause", tag);
    const { code, output, errors } = await mirror.berth("mirror pull --kubeadm v1.31.2");
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output.match(/^registry\.k8s\.io\/\S+ +done/gm)).toHaveLength(11);
    expect(output).toContain('sandbox_image = "registry.k8s.io/pause:3.10"');
    expect((await mirror.berth("mirror pull --kubeadm v1.2.3")).errors).toMatch(
      /no images are known of Kubernetes/,
    );
  });

  it.each([
    ["mirror pull", 2, /nothing to fetch/],
    ["mirror pull a --platform linux", 1, /linux is no platform: write linux\/arm64/],
    ["mirror pull -f missing.txt", 1, /the list can't be read/],
  ])("%s is refused in a sentence", async (words, code, message) => {
    const mirror = await mirrorAtHand();
    const outcome = await mirror.berth(words);
    expect(outcome.code).toBe(code);
    expect(outcome.errors).toMatch(message);
  });
});

describe("berth mirror status and purge", () => {
  it("tell what is kept, and give it up, while a server runs", async () => {
    const mirror = await mirrorAtHand();
    mirror.upstream.addImage("library/app", "1", { layers: [2000] });
    mirror.upstream.addImage("library/app", "2", { layers: [2000] });
    mirror.upstream.addImage("pause", "3.9");
    const server = await mirror.serve();
    await mirror.berth("mirror pull app:1 app:2 registry.k8s.io/pause:3.9");
    expect(await mirror.json("mirror status")).toMatchObject([
      { upstream: "docker.io", repositories: 1, manifests: 2 },
      { upstream: "registry.k8s.io", repositories: 1, manifests: 1 },
    ]);
    expect(await mirror.json("mirror status docker.io")).toEqual([{ repository: "docker.io/library/app" }]);
    // as images are written, too
    const { output } = await mirror.berth("mirror status docker.io/app");
    expect(output).toMatch(/^DIGEST +TAGS +CONFIRMED +PULLED\nsha256:\w+ +[12] +\d+ s ago/);
    expect(await mirror.json("mirror status app")).toMatchObject([
      { repository: "docker.io/library/app" },
      {},
    ]);

    const asked = await mirror.berth("mirror purge docker.io/library/app:1", { answers: ["y"] });
    expect(asked.questions).toEqual(["Give up what is cached of docker.io/library/app:1? [y/N]"]);
    expect(asked.output).toMatch(/^gave up 1 manifest of docker\.io\/library\/app:1/);
    await mirror.upstream.disappear();
    const paths = ["1", "2"].map((tag) => `docker.io/library/app/manifests/${tag}`);
    expect(await statusesOf(server.url, paths)).toEqual([502, 200]);
    expect(await mirror.berth("mirror purge docker.io/library/app --yes")).toMatchObject({ code: 0 });
    expect(await statusesOf(server.url, paths)).toEqual([502, 502]);
    expect(await mirror.json("mirror status docker.io")).toEqual([]);
    expect((await mirror.berth("mirror purge docker.io/library/app --yes")).errors).toMatch(
      /^error: nothing is cached of docker\.io\/library\/app/,
    );
    await mirror.upstream.comeBack();
    expect(await statusesOf(server.url, ["registry.k8s.io/pause/manifests/3.9"])).toEqual([200]);
  });
});

describe("berth mirror purge", () => {
  it("gives up an index with its platforms, but none that another tag leads to", async () => {
    const mirror = await mirrorAtHand();
    const platforms = ["linux/amd64", "linux/arm64"];
    mirror.upstream.addImage("library/app", "1", { platforms, layers: [2000] });
    await mirror.berth("mirror pull app:1 --platform all");
    mirror.upstream.addImage("library/app", "2", { platforms, layers: [3000] });
    await mirror.berth("mirror pull app:2 --platform all");
    expect(await mirror.json("mirror purge docker.io/library/app:1 --yes")).toMatchObject({ manifests: 3 });
    const left = (await mirror.json("mirror status docker.io/library/app")) as { tags: string[] }[];
    expect(left.map(({ tags }) => tags)).toEqual([["2"], ["2"], ["2"]]);
  });
});

describe("berth mirror pin", () => {
  it("adds to the patterns of the configuration, and takes away what it added", async () => {
    const mirror = await mirrorAtHand({ BERTH_MIRROR_PINS: '["registry.k8s.io/**"]' });
    await mirror.berth(["mirror", "pin", "docker.io/library/*:1"]);
    const refused = await mirror.berth("mirror pin alpine:3.20");
    expect(refused.code).toBe(2);
    expect(refused.errors).toMatch(/^error: alpine:3\.20 fits no image: patterns begin with an upstream/);
    expect(await mirror.json("mirror pins")).toEqual([
      { pattern: "registry.k8s.io/**", configured: true },
      { pattern: "docker.io/library/*:1", configured: false },
    ]);
    expect((await mirror.berth(["mirror", "unpin", "registry.k8s.io/**"])).errors).toMatch(
      /the configuration pins/,
    );
    expect((await mirror.berth(["mirror", "unpin", "quay.io/**"])).errors).toMatch(/is not pinned/);
    expect(await mirror.berth(["mirror", "unpin", "docker.io/library/*:1"])).toMatchObject({ code: 0 });
    expect(await mirror.json("mirror pins")).toHaveLength(1);
    expect(await audited(mirror)).toEqual([
      "mirror.unpin docker.io/library/*:1",
      "mirror.pin docker.io/library/*:1",
    ]);
  });
});
