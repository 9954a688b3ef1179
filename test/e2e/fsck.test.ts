// Checks of the store in real processes (REQ-23): beside servers that are pushed to, deleted from and collected; of files
// that were cut, changed and removed; and after kill -9 in the middle of a repair. BERTH_TEST_SEED chooses the churn.
import { rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Daemon } from "../support/clients/daemon.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { randomBlob } from "../support/images.ts";
import { RegistryClient } from "../support/registry-client.ts";
import { BerthProcess } from "./berth-process.ts";
import { ChurnClient } from "./churn/churn-client.ts";
import { ChurnContent } from "./churn/churn-content.ts";
import { ChurnLife } from "./churn/churn-life.ts";
import { ChurnServers } from "./churn/churn-servers.ts";
import { randomFrom } from "./churn/random-from.ts";
import { blobRows, fileOf, flip, fsck, fsckArguments, type FsckEnd } from "./fsck-process.ts";

const repository = "team/app";
/** Bytes that were given up go after a minute: --long sees that, too. */
const milliseconds = process.env["BERTH_TEST_LONG"] === "1" ? 150_000 : 15_000;
const seed = Number(process.env["BERTH_TEST_SEED"] ?? Date.now() % 1_000_000);
const soon = { BERTH_GC_GRACE_SECONDS: "1", BERTH_GC_EVERY_SECONDS: "1" };

/** Of all that is pushed, deleted and collected none is damaged, whenever one looks. */
const unharmed = {
  ...{ missing: 0, wrongSize: 0, wrongDigest: 0, unreadable: 0, recovered: 0, damaged: 0 },
  ...{ wrongManifests: 0, wrongUsage: 0, unhinted: 0, quarantinedObjects: 0 },
};

async function start(environment: Record<string, string> = {}) {
  const berth = await BerthProcess.start(environment);
  onTestFinished(() => berth.close());
  return { berth, client: clientOf(berth) };
}

function clientOf({ host }: BerthProcess): RegistryClient {
  const client = new RegistryClient(`http://${host}`);
  onTestFinished(() => client.close());
  return client;
}

const status = async (client: RegistryClient, digest: string): Promise<number> =>
  (await client.send("HEAD", `/v2/${repository}/blobs/${digest}`)).status;

/** Kind and digest of what was found, in an order of its own. */
const found = ({ report }: FsckEnd): string[] =>
  report.findings.map(({ kind, digest }) => `${kind} ${digest}`).sort();

/** Checks without an end, one after the other, the older objects and all of them in turns. */
async function checkUntil(berth: BerthProcess, end: number): Promise<FsckEnd[]> {
  const ends: FsckEnd[] = [];
  while (Date.now() < end) {
    const grace = ends.length % 2 === 0 ? "24h" : "1s";
    ends.push(await fsck(berth, ["--repair", "--digests", "--grace", grace]));
  }
  return ends;
}

describe("berth fsck --repair beside servers", () => {
  it(
    "harms nothing that is pushed, deleted or collected meanwhile, and finds no damage",
    async () => {
      const { berth, client } = await start(soon);
      const other = await berth.startAnother();
      onTestFinished(() => other.close());
      // so that there is always something known in the store
      await client.pushImage("kept/app", "kept");
      const servers = new ChurnServers([client, clientOf(other)]);
      const content = new ChurnContent(randomFrom(seed));
      const lives = Array.from({ length: 8 }, (_, index) => {
        const random = randomFrom(seed + index + 1);
        const churning = new ChurnClient(servers, random);
        return new ChurnLife(`client${index}`, { client: churning, content, random });
      });
      const end = Date.now() + milliseconds;
      const live = async (life: ChurnLife): Promise<void> => {
        while (Date.now() < end) await life.step();
      };
      const [checks] = await Promise.all([checkUntil(berth, end), ...lives.map(live)]);
      console.log([`seed ${seed}, ${checks.length} checks`, ...servers.counts()].join("\n  "));
      expect(checks.length).toBeGreaterThan(2);
      for (const [index, { code, report }] of checks.entries()) {
        expect(code).toBe(0);
        expect(report).toMatchObject({ ...unharmed, repaired: true });
        // nothing here is a day old
        if (index % 2 === 0) expect(report).toMatchObject({ orphans: 0, staleUploads: 0 });
      }
      for (const life of lives) await life.verifyAll();
      await verifyImage(berth.http, "kept/app", "kept");
      expect(await berth.filesIn("blobs/blobs").then((files) => files.filter(isKeptApart))).toEqual([]);
    },
    milliseconds + 200_000,
  );
});

const isKeptApart = (file: string): boolean => file.includes("/quarantine/");

describe("berth fsck after a disk forgot", () => {
  it("names what is flipped, cut and gone, makes it absent, and a push of the same heals it", async () => {
    const { berth, client } = await start();
    await client.pushImage(repository, "sound");
    const contents = [randomBlob(300_000), randomBlob(200_000), randomBlob(100_000)];
    const [flipped = "", cut = "", gone = ""] = await Promise.all(
      contents.map((content) => client.pushBlob(repository, content)),
    );
    await flip(fileOf(berth, flipped));
    await truncate(fileOf(berth, cut), 1000);
    await rm(fileOf(berth, gone));
    const damages = [`wrong-digest ${flipped}`, `wrong-size ${cut}`, `missing ${gone}`].sort();

    const looked = await fsck(berth, ["--digests"]);
    expect(looked.code).toBe(1);
    expect(found(looked)).toEqual(damages);
    expect(looked.report).toMatchObject({ ...{ wrongDigest: 1, wrongSize: 1, missing: 1 }, repaired: false });
    expect(looked.report.findings.map(({ repositories }) => repositories)).toEqual(
      damages.map(() => [repository]),
    );
    expect(found(await fsck(berth, []))).toEqual([`missing ${gone}`, `wrong-size ${cut}`]);

    const repaired = await fsck(berth, ["--digests", "--repair"]);
    expect(repaired.code).toBe(0);
    expect(found(repaired)).toEqual(damages);
    expect(repaired.report).toMatchObject({ repaired: true, quarantinedObjects: 2 });
    for (const digest of [flipped, cut, gone]) {
      expect(await status(client, digest)).toBe(404);
      expect((await client.send("GET", `/v2/${repository}/blobs/${digest}`)).status).toBe(404);
    }
    await verifyImage(berth.http, repository, "sound");
    expect(await fsck(berth, ["--digests"])).toMatchObject({ code: 0, report: { damaged: 3, findings: [] } });

    for (const content of contents) await client.pushBlob(repository, content);
    for (const [index, digest] of [flipped, cut, gone].entries()) {
      const { body } = await client.send("GET", `/v2/${repository}/blobs/${digest}`);
      expect(body.equals(contents[index] ?? Buffer.alloc(0))).toBe(true);
    }
    const after = { code: 0, report: { damaged: 0, findings: [], quarantinedObjects: 2 } };
    expect(await fsck(berth, ["--digests"])).toMatchObject(after);
  }, 120_000);
});

describe("berth fsck --repair that is killed", () => {
  it("is finished by the next one, to the same end", async () => {
    const { berth, client } = await start();
    const contents = Array.from({ length: 24 }, () => randomBlob(200_000));
    const digests = await Promise.all(contents.map((content) => client.pushBlob(repository, content)));
    const bad = [...digests].sort().filter((_digest, index) => index % 2 === 0);
    for (const digest of bad) await flip(fileOf(berth, digest));
    const damaged = () =>
      [...blobRows(berth)].filter(([, { state }]) => state === "damaged").map(([digest]) => digest);

    const slowly = ["--repair", "--digests", "--rate", "1MiB"];
    const args = [...fsckArguments(berth), ...slowly];
    const check = new Daemon({ program: process.execPath, args, logFile: join(berth.folder, "fsck") });
    onTestFinished(async () => {
      await check.stop("SIGKILL");
    });
    await expect.poll(() => damaged().length, { timeout: 60_000, interval: 20 }).toBeGreaterThan(2);
    expect(await check.stop("SIGKILL")).toBe("SIGKILL");
    const first = damaged();
    expect(first.length).toBeLessThan(bad.length);
    for (const digest of first) expect(await status(client, digest)).toBe(404);

    const next = await fsck(berth, ["--repair", "--digests"]);
    expect(next).toMatchObject({ code: 0, report: { repaired: true, quarantinedObjects: bad.length } });
    expect(found(next)).toEqual(
      bad.filter((digest) => !first.includes(digest)).map((digest) => `wrong-digest ${digest}`),
    );
    expect(damaged().sort()).toEqual(bad);
    const statuses = await Promise.all(digests.map((digest) => status(client, digest)));
    expect(statuses).toEqual(digests.map((digest) => (bad.includes(digest) ? 404 : 200)));

    for (const content of contents) await client.pushBlob(repository, content);
    const healed = await fsck(berth, ["--digests"]);
    expect(healed).toMatchObject({ code: 0, report: { blobs: 24, damaged: 0, findings: [] } });
  }, 120_000);
});
