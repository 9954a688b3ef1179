// The scrub of a server finds a flipped bit by itself, and what it mirrors is there again without anybody's push: at once
// by the scrub, or with the next pull where nobody served while it was found. One file, because a server waits a minute
// before its first pass.
import { describe, expect, it, onTestFinished } from "vitest";
import { removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { randomBlob } from "../support/images.ts";
import { RegistryClient } from "../support/registry-client.ts";
import { BerthProcess } from "./berth-process.ts";
import { blobRows, fileOf, flip, fsck } from "./fsck-process.ts";
import { mirrorConfiguration } from "./mirror-berth.ts";

const mirrored = "upstream.example/team/app";

interface ScrubLine {
  readonly msg: string;
  readonly job?: string;
  readonly digest: string;
  readonly damage: { readonly kind: string };
  readonly repositories: readonly string[];
  readonly quarantined: string;
  readonly refetched: boolean;
}

async function startMirror() {
  const upstream = await BerthProcess.start();
  onTestFinished(() => upstream.close());
  const { environment, folder } = await mirrorConfiguration({
    upstreams: [{ host: "upstream.example", url: `http://${upstream.host}` }],
    mirror: { minFreeBytes: 0 },
    scrub: { enabled: true, bytesPerSecond: 1_000_000_000, everyDays: 1 },
  });
  onTestFinished(() => removeScratchFolder(folder));
  const berth = await BerthProcess.start(environment);
  onTestFinished(() => berth.close());
  const clients = [upstream, berth].map(({ host }) => new RegistryClient(`http://${host}`));
  onTestFinished(() => clients.forEach((client) => client.close()));
  const [atUpstream, client] = clients;
  if (atUpstream === undefined || client === undefined) throw new Error("two servers were started");
  return { upstream, berth, environment, atUpstream, client };
}

function scrubLines(berth: BerthProcess): ScrubLine[] {
  const lines = berth.process.log().split("\n");
  const parsed = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as ScrubLine);
  return parsed.filter(({ job }) => job === "scrub");
}

describe("the scrub of a server", () => {
  it("finds flipped bits by itself, heals what is mirrored, and tells what to do about the rest", async () => {
    const { upstream, berth, environment, atUpstream, client } = await startMirror();
    const image = await atUpstream.pushImage("team/app", "1");
    await verifyImage(berth.http, mirrored, "1");
    const content = randomBlob(100_000);
    const own = await client.pushBlob("team/app", content);
    const cached = (await verifyImage(berth.http, mirrored, "1")).layerDigests;
    const [first = "", second = ""] = cached;
    for (const digest of [own, first]) await flip(fileOf(berth, digest));
    const file = fileOf(berth, first);

    await expect.poll(() => scrubLines(berth).length, { timeout: 150_000, interval: 500 }).toBe(2);
    const told = new Map(scrubLines(berth).map((line) => [line.digest, line]));
    const damage = { kind: "wrong-digest" };
    expect(told.get(first)).toMatchObject({ damage, repositories: [mirrored], refetched: true });
    expect(told.get(own)).toMatchObject({ damage, repositories: ["team/app"], refetched: false });
    expect(told.get(own)?.msg).toContain(`until ${own} is pushed again to team/app`);

    // fetched at once, to another place: the upstream is not needed for it any more
    expect(blobRows(berth).get(first)).toMatchObject({ state: "present" });
    expect(fileOf(berth, first)).not.toBe(file);
    await upstream.stop();
    await verifyImage(berth.http, mirrored, image.digest);
    await upstream.start();

    const path = `/v2/team/app/blobs/${own}`;
    expect((await client.send("GET", path)).status).toBe(404);
    await client.pushBlob("team/app", content);
    expect((await client.send("GET", path)).body.equals(content)).toBe(true);

    // found by a check that can't fetch: the next pull does
    await flip(fileOf(berth, second));
    const { code, report } = await fsck(berth, ["--repair", "--digests"], environment);
    expect(code).toBe(0);
    expect(report).toMatchObject({ wrongDigest: 1, quarantinedObjects: 3 });
    expect(blobRows(berth).get(second)).toMatchObject({ state: "damaged" });
    await verifyImage(berth.http, mirrored, image.digest);
    const state = () => blobRows(berth).get(second)?.state;
    await expect.poll(state, { timeout: 30_000 }).toBe("present");
    expect(await fsck(berth, ["--digests"], environment)).toMatchObject({ code: 0, report: { damaged: 0 } });
  }, 300_000);
});
