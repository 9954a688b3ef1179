// Kubernetes from a mirror: kubeadm with an image repository of its own, whose names are not the upstream's, and a
// cluster brought up by containerd from what was fetched in advance, with the upstream gone.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainerdEngine } from "../support/clients/containerd-engine.ts";
import { containerd } from "../support/clients/installed-client.ts";
import { expectStatus, sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { type FakeUpstream, startFakeUpstream } from "../support/upstream/fake-upstream.ts";
import type { AddedImage } from "../support/upstream/upstream-content.ts";
import { BerthProcess, berthProgram } from "./berth-process.ts";
import { clientConfig, mirrorConfiguration, type MirrorFiles, placeFile } from "./mirror-berth.ts";

interface Release {
  readonly version: string;
  readonly etcd: string;
  readonly coredns: string;
  readonly pause: string;
}

/** As `kubeadm config images list` prints them, written down apart from what Berth knows of it. */
const releases: readonly Release[] = [
  { version: "v1.26.0", etcd: "3.5.6-0", coredns: "v1.9.3", pause: "3.9" },
  { version: "v1.27.0", etcd: "3.5.7-0", coredns: "v1.10.1", pause: "3.9" },
  { version: "v1.28.0", etcd: "3.5.9-0", coredns: "v1.10.1", pause: "3.9" },
  { version: "v1.29.0", etcd: "3.5.10-0", coredns: "v1.11.1", pause: "3.9" },
  { version: "v1.30.0", etcd: "3.5.12-0", coredns: "v1.11.1", pause: "3.9" },
  { version: "v1.31.0", etcd: "3.5.15-0", coredns: "v1.11.1", pause: "3.10" },
  { version: "v1.32.0", etcd: "3.5.16-0", coredns: "v1.11.3", pause: "3.10" },
  { version: "v1.33.0", etcd: "3.5.21-0", coredns: "v1.12.0", pause: "3.10" },
  { version: "v1.34.0", etcd: "3.6.4-0", coredns: "v1.12.1", pause: "3.10.1" },
  { version: "v1.35.0", etcd: "3.6.6-0", coredns: "v1.13.1", pause: "3.10.1" },
];
/** What containerd and CRI-O ask for unless they are told otherwise. */
const runtimePauses = ["3.6", "3.8", "3.9", "3.10", "3.10.1"];
const parts = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];

/** In kubeadm's order; told of another image repository, it leaves out the first half of coredns/coredns. */
const kubeadmList = ({ version, etcd, coredns, pause }: Release): string[] => [
  ...parts.map((part) => `${part}:${version}`),
  ...[`coredns:${coredns}`, `pause:${pause}`, `etcd:${etcd}`],
];

/** A registry.k8s.io of tiny images for two platforms, and a Berth in front of it. */
class ClusterMirror {
  readonly upstream: FakeUpstream;
  readonly #images = new Map<string, AddedImage>();
  readonly #files: MirrorFiles;
  readonly berth: BerthProcess;

  private constructor(upstream: FakeUpstream, files: MirrorFiles, berth: BerthProcess) {
    this.upstream = upstream;
    this.#files = files;
    this.berth = berth;
  }

  static async start(images: Iterable<string>): Promise<ClusterMirror> {
    const upstream = await startFakeUpstream();
    const files = await mirrorConfiguration({
      upstreams: [{ host: "registry.k8s.io", url: upstream.url }],
      mirror: { minFreeBytes: 0, virtual: [{ from: "google_containers/*", to: "registry.k8s.io/*" }] },
    });
    const berth = await BerthProcess.start(files.environment);
    const mirror = new ClusterMirror(upstream, files, berth);
    for (const image of new Set(images)) {
      const [name = "", tag = ""] = image.split(":");
      const platforms = ["linux/amd64", "linux/arm64"];
      const path = name === "coredns" ? "coredns/coredns" : name;
      mirror.#images.set(image, upstream.addImage(path, tag, { platforms, layers: [500] }));
    }
    return mirror;
  }

  image(name: string): AddedImage {
    const image = this.#images.get(name);
    if (image === undefined) throw new Error(`the upstream has no ${name}`);
    return image;
  }

  /** What containerd sends for a pull: the tag's HEAD, then everything of one platform by digest. Throws at what is not right. */
  async pullLikeContainerd(image: string): Promise<void> {
    const [name = "", tag = ""] = image.split(":");
    const { http } = this.berth;
    const path = `/v2/google_containers/${name}`;
    const [index, { digest, config, layers }] = [this.image(image), amd64Of(this.image(image))];
    const headers = { accept: `${index.mediaType}, application/vnd.oci.image.manifest.v1+json, */*` };
    const head = await http.send("HEAD", `${path}/manifests/${tag}`, { headers });
    expectStatus(head, 200, `HEAD of ${image}`);
    expect(head.headers["docker-content-digest"]).toBe(index.digest);
    const manifests = [index.digest, digest].map((part) => [`${path}/manifests/${part}`, part] as const);
    const blobs = [config, ...layers].map((part) => [`${path}/blobs/${part}`, part] as const);
    for (const [url, part] of [...manifests, ...blobs]) {
      const answer = await http.send("GET", url, { headers });
      expectStatus(answer, 200, `GET of ${url}`);
      expect(sha256(answer.body)).toBe(part);
    }
  }

  command(...args: string[]): Promise<string> {
    const { environment } = this.#files;
    return runCommand(process.execPath, [berthProgram, "mirror", ...args, "--data", this.berth.data], {
      environment,
    });
  }

  /** What `berth client-config containerd` prints. */
  hostsFile(): Promise<string> {
    return clientConfig(this.berth, this.#files.environment, "containerd");
  }

  async close(): Promise<void> {
    await this.berth.close();
    await this.upstream.close().catch(() => undefined);
    await removeScratchFolder(this.#files.folder);
  }
}

function amd64Of({ manifests }: AddedImage) {
  const [amd64] = manifests;
  if (amd64 === undefined) throw new Error("an image is of some platform");
  return amd64;
}

describe("kubeadm config images pull --image-repository (replayed)", () => {
  let mirror: ClusterMirror;
  const measured: Record<string, object> = {};
  const pulled = new Set<string>();

  beforeAll(async () => {
    mirror = await ClusterMirror.start(releases.flatMap(kubeadmList));
  });
  afterAll(async () => {
    console.table(measured);
    await mirror.close();
  });

  it.each(releases.map((release) => [release.version, release] as const))(
    "finds every image of %s, and costs the upstream only what is new in it",
    async (version, release) => {
      const { requests } = mirror.upstream;
      const list = kubeadmList(release);
      const fresh = list.filter((image) => !pulled.has(image)).length;
      requests.clear();
      for (const image of list) {
        await mirror.pullLikeContainerd(image);
        pulled.add(image);
      }
      const { manifestHead, manifestGet, blobGet } = requests;
      expect({ manifestHead, manifestGet, blobGet }).toEqual({
        manifestHead: fresh,
        manifestGet: 2 * fresh,
        blobGet: 2 * fresh,
      });
      const names = new Set(requests.all.map(({ name }) => name));
      expect([...names].filter((name) => name === "coredns" || name.startsWith("google"))).toEqual([]);
      for (const image of list) await mirror.pullLikeContainerd(image);
      expect(requests.all).toHaveLength(5 * fresh);
      measured[version] = { images: list.length, new: fresh, manifestHead, manifestGet, blobGet };
    },
  );

  it("is told of a name that the upstream does not have by 404, under both of its names", async () => {
    for (const name of ["google_containers/nothing", "registry.k8s.io/nothing"]) {
      const { status } = await mirror.berth.http.send("GET", `/v2/${name}/manifests/1`);
      expect(status).toBe(404);
    }
  });
});

describe(`${containerd.title}, a cluster of which all was fetched in advance`, () => {
  const release: Release = { version: "v1.30.0", etcd: "3.5.12-0", coredns: "v1.11.1", pause: "3.9" };
  const pauses = runtimePauses.map((tag) => `pause:${tag}`);
  let mirror: ClusterMirror;
  let report: string;

  beforeAll(async () => {
    mirror = await ClusterMirror.start([...kubeadmList(release), ...pauses]);
    report = await mirror.command("pull", "--kubeadm", "1.30.0", "--platform", "linux/amd64");
    await mirror.upstream.disappear();
  });
  afterAll(() => mirror.close());

  it("reports each image as fetched, and which pause image containerd is to be told", () => {
    const done = report
      .match(/^registry\.k8s\.io\/\S+ +done +linux\/amd64/gm)
      ?.map((line) => line.split(" ")[0]);
    const named = [...kubeadmList(release), ...pauses].map((image) =>
      image.replace("coredns", "coredns/coredns"),
    );
    expect(done?.sort()).toEqual([...new Set(named)].map((image) => `registry.k8s.io/${image}`).sort());
    expect(report).toContain('sandbox_image = "registry.k8s.io/pause:3.9"');
  });

  it.skipIf(containerd.missing)("pulls kubeadm's list, and the pause image of every runtime", async () => {
    const folder = await createScratchFolder();
    const engine = await ContainerdEngine.start();
    try {
      await placeFile(folder, "_default/hosts.toml", await mirror.hostsFile());
      const fetch = (...args: string[]) =>
        engine.ctr("content", "fetch", "--platform", "linux/amd64", ...args);
      for (const image of kubeadmList(release)) {
        await fetch("--plain-http", `${mirror.berth.host}/google_containers/${image}`);
      }
      for (const pause of pauses) await fetch("--hosts-dir", folder, `registry.k8s.io/${pause}`);
      const all = [...kubeadmList(release), ...pauses].map((image) => mirror.image(image));
      const wanted = all.flatMap((image) => {
        const { digest, config, layers } = amd64Of(image);
        return [image.digest, digest, config, ...layers];
      });
      expect((await engine.contentDigests()).sort()).toEqual([...new Set(wanted)].sort());
    } finally {
      await engine.close();
      await removeScratchFolder(folder);
    }
  });

  it("is told of, pinned and given up by commands beside the running server", async () => {
    const status = await mirror.command("status");
    expect(status).toMatch(
      /^UPSTREAM +REPOSITORIES +MANIFESTS +BLOBS +SIZE +LAST PULLED\nregistry\.k8s\.io +7 +22 +22 +\S+ KiB +\d+ s ago\n$/,
    );
    const pin = await mirror.command("pin", "registry.k8s.io/**:v1.30.*");
    expect(pin).toBe("pinned registry.k8s.io/**:v1.30.*\n");
    const purge = await mirror.command("purge", "registry.k8s.io/pause:3.6", "--yes");
    expect(purge).toMatch(/^gave up 2 manifests of registry\.k8s\.io\/pause:3\.6; 5\d\d B become free/);
    const statuses = await Promise.all(
      ["3.6", "3.9"].map((tag) =>
        mirror.berth.http.send("GET", `/v2/google_containers/pause/manifests/${tag}`),
      ),
    );
    expect(statuses.map((answer) => answer.status)).toEqual([502, 200]);
  });
});
