// Blobs that nginx sends from Berth's files (http.offload), through the very files in deploy/: nothing may tell them from
// Berth's own answers. nginx is another user than Berth, as it is installed.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { FrontClient } from "../support/clients/front-client.ts";
import { buildRandomImage, writeLayout } from "../support/clients/image-layout.ts";
import { docker, skopeo } from "../support/clients/installed-client.ts";
import { sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { BerthProcess, berthProgram } from "./berth-process.ts";
import { deletingBetween, startOffloadFront, type OffloadFront } from "./offload-front.ts";
import { nginx } from "./proxy-fronts.ts";

const offloading = { BERTH_HTTP_OFFLOAD: "nginx", BERTH_HTTP_TRUSTED_PROXIES: "[loopback]" };
const content = randomBytes(3_000_000);
const layer = sha256(content);
const blob = `/v2/team/app/blobs/${layer}`;

/** As docs/nginx-offload.md has it for a Berth with a umask of 027: nginx in the group of Berth. */
const inTheGroup = "www-data root";

let berth: BerthProcess;
let front: OffloadFront;
const clients: FrontClient[] = [];
const clientOf = ({ origin, authority }: OffloadFront, allowH2 = false): FrontClient => {
  const client = new FrontClient(origin, authority, allowH2);
  clients.push(client);
  return client;
};

beforeAll(async () => {
  if (nginx.missing) return;
  berth = await startReadable(offloading);
  front = await startOffloadFront(berth.host, join(berth.data, "blobs", "blobs"));
  await berth.http.pushBlob("team/app", content);
});
afterEach((context) => {
  if (context.task.result?.state !== "fail") return;
  console.error(`nginx:\n${front.log()}\nBerth:\n${berth.process.log().slice(-4000)}`);
});
afterAll(async () => {
  for (const client of clients) await client.close();
  if (nginx.missing) return;
  await front.close();
  await berth.close();
});

/** A Berth below whose folder every user may look, as below /var/lib. */
async function startReadable(environment: Record<string, string>): Promise<BerthProcess> {
  const started = await BerthProcess.start(environment);
  const outside = [tmpdir(), "/"];
  for (let folder = started.folder; !outside.includes(folder); folder = dirname(folder))
    await chmod(folder, 0o711);
  return started;
}

/** Requests of this id that Berth has logged, in order: whether nginx was to send the bytes. */
const offloaded = async (requestId: string): Promise<(boolean | undefined)[]> =>
  (await berth.requests())
    .filter((line) => (line as { requestId?: string }).requestId === requestId)
    .map((line) => (line as { offloaded?: boolean }).offloaded ?? false);

/** What each hop says of itself, or to the next. */
const ofTheHop = ["server", "date", "connection", "keep-alive", "via-nginx", "x-accel-buffering"];
const shown = (headers: object): [string, unknown][] =>
  Object.entries(headers)
    .filter(([name]) => !ofTheHop.includes(name))
    .sort(([one], [other]) => one.localeCompare(other));

const size = content.length;
const etag = `"${layer}"`;
const requests: [title: string, headers: Record<string, string>, status: number, byNginx: boolean][] = [
  ["all of it", {}, 200, true],
  ["a range", { range: "bytes=1000-2000000" }, 206, true],
  ["a range to the end", { range: "bytes=1000000-" }, 206, true],
  ["a range beyond the end", { range: "bytes=1000000-99999999999" }, 206, true],
  ["the last bytes", { range: "bytes=-2000000" }, 206, true],
  ["more than all", { range: "bytes=-99999999" }, 206, true],
  ["everything, as a range", { range: "BYTES=0-" }, 206, true],
  ["a small range", { range: "bytes=5-9" }, 206, false],
  ["a range of this content", { range: "bytes=1000-2000000", "if-range": etag }, 206, true],
  ["a range of other content", { range: "bytes=1000-2000000", "if-range": '"other"' }, 200, false],
  ["a range of a day", { range: "bytes=1-2000000", "if-range": "Wed, 21 Oct 2065 07:28:00 GMT" }, 200, false],
  ["If-Range alone", { "if-range": '"other"' }, 200, true],
  ["several ranges", { range: "bytes=0-1500000,1600000-" }, 200, false],
  ["a range that is none", { range: "bytes=9-5" }, 200, false],
  ["beyond the end", { range: `bytes=${size}-` }, 416, false],
  ["what is there already", { "if-none-match": etag }, 304, false],
  ["what others have", { "if-none-match": '"other"' }, 200, true],
  ["a day", { "if-modified-since": "Wed, 21 Oct 2065 07:28:00 GMT" }, 200, true],
  ["a condition that is no use", { "if-match": '"other"' }, 200, false],
  ["gzip", { "accept-encoding": "gzip" }, 200, true],
  ["the header of the snippet", { "x-berth-offload": "failed" }, 200, true],
];

for (const version of ["HTTP/1.1", "HTTP/2.0"]) {
  describe.skipIf(nginx.missing)(`${nginx.title} with deploy/nginx-offload.conf over ${version}`, () => {
    it.each(requests)(
      "answers for %s as Berth does, header for header",
      async (title, headers, status, byNginx) => {
        const requestId = `${title}-${version}`.replaceAll(/[^\w.]+/g, "-");
        const asked = { headers: { ...headers, "x-request-id": requestId } };
        const direct = await berth.http.send("GET", blob, asked);
        const through = await clientOf(front, version === "HTTP/2.0").ask("GET", blob, asked);
        // nginx says so of whole files only.
        if (byNginx && status === 206) delete direct.headers["accept-ranges"];
        expect([through.status, shown(through.headers)]).toEqual([status, shown(direct.headers)]);
        expect(through.body.equals(direct.body)).toBe(true);
        await expect.poll(() => offloaded(requestId)).toEqual([false, byNginx]);
      },
    );

    it("answers HEAD with the headers of GET", async () => {
      const client = clientOf(front, version === "HTTP/2.0");
      const same = { headers: { "x-request-id": "head" } };
      const [head, get] = [await client.ask("HEAD", blob, same), await client.ask("GET", blob, same)];
      expect([head.status, head.body.length, shown(head.headers)]).toEqual([200, 0, shown(get.headers)]);
    });
  });
}

describe.skipIf(nginx.missing)(`${nginx.title} that can't open a file`, () => {
  const noFiles = async (work: (other: OffloadFront, requestId: string) => Promise<void>): Promise<void> => {
    const other = await startOffloadFront(berth.host, join(berth.folder, "elsewhere"));
    try {
      await work(other, `elsewhere-${randomBytes(4).toString("hex")}`);
    } finally {
      await other.close();
    }
  };

  it("because it looks in another folder lets Berth send it, with each header once", async () => {
    await noFiles(async (other, requestId) => {
      for (const headers of [{}, { range: "bytes=1000-2000000" }]) {
        const asked = { headers: { ...headers, "x-request-id": requestId } };
        const direct = await berth.http.send("GET", blob, asked);
        const through = await clientOf(other).ask("GET", blob, asked);
        expect([through.status, shown(through.headers)]).toEqual([direct.status, shown(direct.headers)]);
        expect(through.body.equals(direct.body)).toBe(true);
      }
      const hops = [false, true, false];
      await expect.poll(() => offloaded(requestId)).toEqual([...hops, ...hops]);
    });
  });

  it("because it was deleted on the way answers as Berth does, and nobody may keep that", async () => {
    const repository = "team/deleted";
    const digest = await berth.http.pushBlob(repository, randomBytes(2_000_000));
    const path = `/v2/${repository}/blobs/${digest}`;
    const between = await deletingBetween(berth.host, async (file) => {
      expect((await berth.http.send("DELETE", path)).status).toBe(202);
      await rm(join(berth.data, "blobs", "blobs", file));
    });
    const other = await startOffloadFront(between.host, join(berth.data, "blobs", "blobs"));
    try {
      const asked = { headers: { "x-request-id": "deleted" } };
      const through = await clientOf(other).ask("GET", path, asked);
      const direct = await berth.http.send("GET", path, asked);
      expect([through.status, shown(through.headers)]).toEqual([404, shown(direct.headers)]);
      expect(through.body.equals(direct.body)).toBe(true);
      expect(through.headers["cache-control"]).toBe("no-store");
      expect(between.deleted).toBe(1);
    } finally {
      await other.close();
      await between.close();
    }
  });
});

describe.skipIf(nginx.missing)(`${nginx.title} and a Berth with a umask of 027`, () => {
  let closed: BerthProcess;
  beforeAll(async () => {
    const before = process.umask(0o027);
    try {
      closed = await startReadable(offloading);
    } finally {
      process.umask(before);
    }
    await closed.http.pushBlob("team/app", content);
  });
  afterAll(() => closed.close());
  const doctor = (): Promise<string> =>
    runCommand(process.execPath, [berthProgram, "doctor", "storage", "--data", closed.data], {
      environment: offloading,
    }).catch((error: unknown) => String(error));
  const through = async (user: string): Promise<{ bytes: Buffer; nginxLog: string }> => {
    const other = await startOffloadFront(closed.host, join(closed.data, "blobs", "blobs"), user);
    try {
      const { body } = await clientOf(other).ask("GET", blob, {
        headers: { "x-request-id": user.replace(" ", "-") },
      });
      return { bytes: body, nginxLog: other.log() };
    } finally {
      await other.close();
    }
  };

  it("reads the blobs as a member of Berth's group", async () => {
    expect((await through(inTheGroup)).bytes.equals(content)).toBe(true);
    expect(closed.process.log()).toContain('"offloaded":true');
    expect(closed.process.log()).not.toContain("could not open a blob");
    expect(await doctor()).toMatch(/other users +works +members of group 0 may read the blobs/);
  });

  it("reads none as a stranger: Berth sends them, and three places say what to do", async () => {
    const { bytes, nginxLog } = await through("www-data");
    expect(bytes.equals(content)).toBe(true);
    expect(nginxLog).toMatch(/open\(\) ".*" failed \(13: Permission denied\)/);
    expect(closed.process.log()).toContain("nginx could not open a blob that it was to send");
    await chmod(join(closed.data, "blobs", "blobs"), 0o700);
    expect(await doctor()).toMatch(/other users +fails +\S+ is its owner's alone \(mode 0700\)/);
  });
});

const image = buildRandomImage(8_000_000);

describe.skipIf(nginx.missing || skopeo.missing)(`${skopeo.title} behind nginx that sends blobs`, () => {
  it("pushes and pulls the same image", async () => {
    const folder = join(berth.folder, "skopeo");
    await mkdir(folder);
    await writeLayout(folder, "1", image);
    const name = `docker://${front.host}/team/skopeo:1`;
    const trusted = dirname(front.authority);
    await runCommand("skopeo", ["copy", `--dest-cert-dir=${trusted}`, `oci:${folder}:1`, name]);
    await runCommand("skopeo", ["copy", `--src-cert-dir=${trusted}`, name, `oci:${folder}/pulled:1`]);
    const held = await runCommand("skopeo", ["inspect", "--raw", `oci:${folder}/pulled:1`]);
    expect(sha256(held)).toBe(image.digest);
    await expect.poll(() => sentByNginx("team/skopeo")).toEqual(image.layerDigests);
  });
});

describe.skipIf(nginx.missing || docker.missing)(`${docker.title} behind nginx that sends blobs`, () => {
  it("pulls a large layer", async () => {
    const [pusher, puller] = await Promise.all([DockerEngine.start(), DockerEngine.start()]);
    try {
      const name = `${front.host}/team/docker:1`;
      await pusher.build(name, { "one.bin": randomBytes(20_000_000) });
      const pushed = /digest: (sha256:\w+)/.exec(await pusher.docker("push", name))?.[1];
      await puller.docker("pull", name);
      const { repoDigests } = await puller.inspect(name);
      expect(repoDigests).toEqual([`${front.host}/team/docker@${pushed}`]);
      const accept = "application/vnd.docker.distribution.manifest.v2+json";
      const manifest = await berth.http.send("GET", "/v2/team/docker/manifests/1", { headers: { accept } });
      const { layers } = JSON.parse(manifest.body.toString()) as {
        layers: { size: number; digest: string }[];
      };
      const large = layers.filter((one) => one.size >= 256 * 1024).map((one) => one.digest);
      expect(large.length).toBeGreaterThan(0);
      await expect.poll(async () => (await sentByNginx("team/docker")).sort()).toEqual(large.sort());
    } finally {
      await pusher.close();
      await puller.close();
    }
  });
});

/** Digests of the blobs of a repository that nginx was to send, in order. */
async function sentByNginx(repository: string): Promise<string[]> {
  return (await berth.requests())
    .filter((line) => line.repository === repository && (line as { offloaded?: boolean }).offloaded)
    .map(({ url }) => url.split("/").at(-1) ?? "");
}
