// Real clients through every kind of nginx: pushed from one store and pulled into an empty one, TLS checked against an
// authority of our own wherever the client can be told of one.
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ContainerdEngine } from "../support/clients/containerd-engine.ts";
import { ContainersTool } from "../support/clients/containers-tool.ts";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { buildRandomImage, ociManifest, tarLayer, writeLayout } from "../support/clients/image-layout.ts";
import { buildah, containerd, docker, podman, skopeo } from "../support/clients/installed-client.ts";
import { expectStatus, sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { BerthProcess } from "./berth-process.ts";
import { type Front, frontNames, type Fronts, frontTitles, nginx, startFronts } from "./proxy-fronts.ts";

let berth: BerthProcess;
let fronts: Fronts;
let folder: string;
const image = buildRandomImage(1_000_000);
const everyImage = `${ociManifest}, application/vnd.docker.distribution.manifest.v2+json`;

beforeAll(async () => {
  if (nginx.missing) return;
  berth = await BerthProcess.start();
  fronts = await startFronts(berth.host);
  folder = await createScratchFolder();
  await mkdir(join(folder, "layout"));
  await writeLayout(join(folder, "layout"), "1", image);
});
afterEach((context) => {
  if (context.task.result?.state !== "fail") return;
  console.error(`nginx:\n${fronts.log()}\nBerth:\n${berth.process.log().slice(-6000)}`);
});
afterAll(async () => {
  if (nginx.missing) return;
  await fronts.close();
  await berth.close();
  await removeScratchFolder(folder);
});

/** One test for each front; `work` pushes to and pulls `repository:1` and says which manifest it holds then. */
function throughEveryFront(
  work: (front: Front, repository: string) => Promise<string>,
  client: string,
): void {
  for (const [index, name] of frontNames.entries()) {
    it(`pushes and pulls the same image through ${frontTitles[name]}`, async () => {
      const repository = `proxied/${client}-${index}`;
      const pulled = await work(fronts.of(name), repository);
      // Nothing was at hand already: each blob was sent and fetched. Berth writes its line when an answer is out, and
      // a client may know the end of it before.
      const blobs = (await manifestOf(repository)).map((blob) => `GET 200 ${blob}`);
      await expect.poll(() => blobRequests(repository)).toEqual(expect.arrayContaining(blobs));
      const sent = (await blobRequests(repository)).filter((line) => line.startsWith("PUT 201"));
      expect(sent).toHaveLength(blobs.length);
      expect(pulled).toBe((await verifyImage(berth.http, repository, "1")).digest);
    });
  }
}

/** The digests of config and layers of what Berth has under `repository:1`. */
async function manifestOf(repository: string): Promise<string[]> {
  const headers = { accept: everyImage };
  const answer = await berth.http.send("GET", `/v2/${repository}/manifests/1`, { headers });
  expectStatus(answer, 200, repository);
  const { config, layers } = JSON.parse(answer.body.toString("utf8")) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  return [config, ...layers].map((descriptor) => descriptor.digest);
}

/** `METHOD status last-part-of-the-path` of every request for blobs that Berth has answered. */
async function blobRequests(repository: string): Promise<string[]> {
  const lines = (await berth.requests()).filter((line) => line.url.startsWith(`/v2/${repository}/blobs/`));
  return lines.map(({ method, status, url }) => `${method} ${status} ${url.split("/").at(-1) ?? ""}`);
}

describe.skipIf(skopeo.missing || nginx.missing)(`${skopeo.title} behind nginx`, () => {
  throughEveryFront(async ({ host, tls }, repository) => {
    const trust = (end: "src" | "dest"): string[] =>
      tls ? [`--${end}-cert-dir`, dirname(fronts.certificates.authority)] : [`--${end}-tls-verify=false`];
    const name = `docker://${host}/${repository}:1`;
    const copy = (...args: string[]): Promise<string> => runCommand("skopeo", ["copy", ...args]);
    await copy(...trust("dest"), `oci:${folder}/layout:1`, name);
    const target = join(folder, repository.replace("/", "-"));
    await copy(...trust("src"), name, `oci:${target}:1`);
    const held = await runCommand("skopeo", ["inspect", "--raw", `oci:${target}:1`]);
    return sha256(held);
  }, "skopeo");
});

for (const { program, title, missing } of [
  { ...buildah, program: "buildah" as const },
  { ...podman, program: "podman" as const },
]) {
  describe.skipIf(missing || nginx.missing)(`${title} behind nginx`, () => {
    let tool: ContainersTool;
    beforeAll(async () => {
      tool = await ContainersTool.create(program);
      const file = join(folder, `${program}.tar`);
      await writeFile(file, tarLayer("random.bin", randomBytes(500_000)));
      if (program === "podman") await tool.run("import", file, "localhost/app:1");
      else {
        const container = await tool.run("from", "scratch");
        await tool.run("add", container, file);
        await tool.run("commit", "--rm", container, "localhost/app:1");
      }
    });
    afterAll(() => tool.close());

    throughEveryFront(async ({ host, tls }, repository) => {
      const trust = tls ? `--cert-dir=${dirname(fronts.certificates.authority)}` : "--tls-verify=false";
      const name = `${host}/${repository}:1`;
      await tool.run("push", trust, "localhost/app:1", `docker://${name}`);
      const empty = await ContainersTool.create(program);
      try {
        await empty.run("pull", trust, name);
        return await empty.run("images", "--format", "{{.Digest}}", name);
      } finally {
        await empty.close();
      }
    }, program);
  });
}

/** How containerd is told of a registry: without such a folder it takes http for every address of 127.0.0.0/8. */
async function hostsFolder(host: string): Promise<string> {
  const hosts = join(folder, "hosts");
  await mkdir(join(hosts, host), { recursive: true });
  const { authority } = fronts.certificates;
  const lines = [`server = "https://${host}"`, `[host."https://${host}"]`, `ca = "${authority}"`];
  await writeFile(join(hosts, host, "hosts.toml"), lines.join("\n"));
  return hosts;
}

describe.skipIf(containerd.missing || nginx.missing)(`${containerd.title} behind nginx`, () => {
  let pusher: ContainerdEngine;
  beforeAll(async () => {
    pusher = await ContainerdEngine.start();
    const archive = join(folder, "layout.tar");
    await runCommand("tar", ["-C", join(folder, "layout"), "-cf", archive, "."]);
    await pusher.ctr("images", "import", "--no-unpack", "--base-name", "berth.test/app", archive);
  });
  afterAll(() => pusher.close());

  throughEveryFront(async ({ host, tls }, repository) => {
    const trust = tls ? ["--hosts-dir", await hostsFolder(host)] : ["--plain-http"];
    const name = `${host}/${repository}:1`;
    await pusher.ctr("images", "push", ...trust, name, "berth.test/app:1");
    const empty = await ContainerdEngine.start();
    try {
      await empty.ctr("content", "fetch", ...trust, name);
      expect((await empty.contentDigests()).sort()).toEqual([image.digest, ...image.blobs.keys()].sort());
      const listed = await empty.ctr("images", "ls", `name==${name}`);
      return /sha256:[0-9a-f]{64}/.exec(listed)?.[0] ?? "";
    } finally {
      await empty.close();
    }
  }, "containerd");
});

// Docker asks for no certificate on 127.0.0.0/8, whatever its certs.d says. It tries https first; a front with TLS
// answers plain HTTP with 400, so that what succeeds here did so over TLS.
describe.skipIf(docker.missing || nginx.missing)(`${docker.title} behind nginx`, () => {
  let pusher: DockerEngine;
  let puller: DockerEngine;
  beforeAll(async () => {
    [pusher, puller] = await Promise.all([DockerEngine.start(), DockerEngine.start()]);
    await pusher.build("app:1", { "one.bin": randomBytes(1_000_000) });
  });
  afterAll(async () => {
    await pusher.close();
    await puller.close();
  });

  throughEveryFront(async ({ host }, repository) => {
    const name = `${host}/${repository}:1`;
    await pusher.docker("tag", "app:1", name);
    const pushed = /digest: (sha256:\w+)/.exec(await pusher.docker("push", name))?.[1];
    expect(await puller.docker("images", "--all", "--quiet")).toBe("");
    await puller.docker("pull", name);
    const { id, repoDigests } = await puller.inspect(name);
    expect(repoDigests).toEqual([`${host}/${repository}@${pushed}`]);
    await puller.docker("image", "rm", "--force", id);
    return pushed ?? "";
  }, "docker");
});
