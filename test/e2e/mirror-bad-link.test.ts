// A Berth outside as the upstream of one inside (REQ-66): over a link that is slow to answer and resets every connection,
// through a proxy that has to be asked by CONNECT, with a certificate of a private authority, and with tokens that end
// in the middle.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueCertificate } from "../support/certificates.ts";
import { BadLink } from "../support/clients/bad-link.ts";
import { buildRandomImage, type BuiltImage } from "../support/clients/image-layout.ts";
import { skopeo } from "../support/clients/installed-client.ts";
import { sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { basic } from "../support/clients/token-login.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { type ConnectProxy, startConnectProxy } from "../support/upstream/connect-proxy.ts";
import { accountsForThisFile, itKeepsItsSecrets } from "./accounts-process.ts";
import { BerthProcess } from "./berth-process.ts";
import { endTokens } from "./expired-tokens.ts";
import { mirrorConfiguration, type MirrorFiles, pushBuilt } from "./mirror-berth.ts";
import { WatchedBlob } from "./watched-blob.ts";

const mebibyte = 1024 * 1024;
const imageBytes = 32 * mebibyte;
const repository = "team/app";
const mirrored = `outside.example/${repository}`;
const proxyLogin = "inside:by-the-proxy";

let folder: string;
let link: BadLink;
let proxy: ConnectProxy;
let files: MirrorFiles;
let inside: BerthProcess;
const images: Record<"raw" | "skopeo", BuiltImage> = {
  raw: buildRandomImage(imageBytes),
  skopeo: buildRandomImage(imageBytes / 4),
};
let authority = "";
const outside = accountsForThisFile(async () => {
  folder = await createScratchFolder();
  const ca = await issueCertificate(folder, "ca", { isAuthority: true, names: "" });
  const { cert, key } = await issueCertificate(folder, "server", { by: ca });
  authority = ca.cert;
  return { environment: { BERTH_HTTP_TLS_CERT: cert, BERTH_HTTP_TLS_KEY: key }, authority: ca.pem };
});

beforeAll(async () => {
  const { current } = outside;
  const admin = await current.addUser("maria", "--admin");
  await current.command("project", "add", "team");
  const robot = await current.addRobot("inside", "--project", "team", "--allow", "pull", "--expires", "1d");
  const http = current.berth.http.as({ header: () => basic(admin), challenged: async () => false });
  for (const [tag, image] of Object.entries(images)) await pushBuilt(http, repository, tag, image);
  // Of the smallest, nothing but the handshake comes through; the next one brings more.
  const portions = [6_000, 5 * mebibyte, 2 * mebibyte, 300_000, 4 * mebibyte];
  let connections = 0;
  link = await BadLink.start(current.host, {
    delayMilliseconds: 150,
    bytesUntilReset: () => portions[connections++ % portions.length] ?? 0,
  });
  proxy = await startConnectProxy({ credentials: proxyLogin });
  files = await mirrorConfiguration({
    upstreams: [
      {
        ...{ host: "outside.example", url: `https://${link.host}`, ca: authority },
        ...{ proxy: proxy.url.replace("//", `//${proxyLogin}@`), tagTtlSeconds: 0 },
        credentials: { username: robot.name, password: robot.secret },
      },
    ],
    mirror: { minFreeBytes: 0, checkSeconds: 10 },
  });
  inside = await BerthProcess.start(files.environment);
});
afterAll(async () => {
  console.log(`${link.resets} connections were reset; the proxy was asked for ${proxy.asked.length} tunnels`);
  await inside.close();
  await proxy.close();
  await link.close();
  for (const place of [folder, files.folder]) await removeScratchFolder(place);
});

describe.skipIf(skopeo.missing)(`${skopeo.title}, of a Berth inside`, () => {
  it("copies an image whole over resets and delays", async () => {
    const target = join(folder, "copied");
    const source = `docker://${inside.host}/${mirrored}:skopeo`;
    await runCommand("skopeo", ["copy", "--src-tls-verify=false", source, `dir:${target}`]);
    expect(sha256(await readFile(join(target, "manifest.json")))).toBe(images.skopeo.digest);
  });
});

describe("raw HTTP to a Berth inside", () => {
  it("gets a big image whole over resets and delays, although tokens end in the middle", async () => {
    const { raw } = images;
    const manifest = await inside.http.send("GET", `/v2/${mirrored}/manifests/raw`);
    expect([manifest.status, manifest.body.equals(raw.manifest)]).toEqual([200, true]);
    const [layer = ""] = raw.layerDigests;
    const bytes = raw.blobs.get(layer)?.length;
    const readers = [1, 2, 3].map(() => new WatchedBlob(inside.http, mirrored, layer));
    for (const share of [1, 2]) {
      await expect
        .poll(() => readers[0]?.bytes, { timeout: 120_000, interval: 50 })
        .toBeGreaterThan((share * imageBytes) / 3);
      await endTokens(outside.current.berth.data);
    }
    for (const { done } of readers) {
      expect(await done).toMatchObject({ how: "clean", status: 200, bytes, digest: layer });
    }
    expect(link.resets).toBeGreaterThan(3);
    expect((await verifyImage(inside.http, mirrored, "raw")).digest).toBe(raw.digest);
  });

  it("went on by Range after each reset, and asked for everything through the proxy", async () => {
    const [layer = ""] = images.raw.layerDigests;
    const requests = await outside.current.berth.requests();
    const asked = requests.filter(({ url }) => url.endsWith(`/blobs/${layer}`));
    const statuses = asked.filter(({ status }) => status !== 401).map(({ status }) => status);
    // A connection may be cut before the first byte of the blob, which is asked for as a whole then.
    const resumed = statuses.slice(statuses.lastIndexOf(200) + 1);
    expect(new Set(statuses.slice(0, -resumed.length))).toEqual(new Set([200]));
    expect(new Set(resumed)).toEqual(new Set([206]));
    expect(asked.filter(({ status }) => status === 401)).not.toEqual([]);
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${link.host}`]));
  });

  it("is served with the link gone, and told so of what is not there, without hammering the proxy", async () => {
    await link.close();
    const asked = proxy.asked.length;
    expect((await verifyImage(inside.http, mirrored, images.raw.digest)).digest).toBe(images.raw.digest);
    expect(proxy.asked).toHaveLength(asked);
    const cold = await inside.http.send("GET", `/v2/${mirrored}/blobs/${sha256("never pulled")}`);
    expect([cold.status, cold.body.toString()]).toEqual([502, expect.stringContaining("no connection")]);
    // Three times for the blob, and once whether anybody is there.
    expect(proxy.asked.length - asked).toBeLessThanOrEqual(4);
  });
});

itKeepsItsSecrets(outside);
