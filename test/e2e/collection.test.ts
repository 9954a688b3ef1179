// What is deleted goes by itself, in real processes and with a real client: also when the re-push goes to another process
// than the collection (REQ-3), and when the collection is killed midway (REQ-5).
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Daemon } from "../support/clients/daemon.ts";
import { buildRandomImage, writeLayout } from "../support/clients/image-layout.ts";
import { skopeo } from "../support/clients/installed-client.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { RegistryClient } from "../support/registry-client.ts";
import { BerthProcess, berthProgram } from "./berth-process.ts";

const soon = { BERTH_GC_GRACE_SECONDS: "2", BERTH_GC_EVERY_SECONDS: "1" };

async function start(environment: Record<string, string>): Promise<BerthProcess> {
  const berth = await BerthProcess.start(environment);
  onTestFinished(() => berth.close());
  return berth;
}

describe.skipIf(skopeo.missing)(skopeo.title, () => {
  it("deletes an image at one process, pushes it again to another, and both serve it whole", async () => {
    const one = await start(soon);
    const other = await one.startAnother();
    onTestFinished(() => other.close());
    const folder = await createScratchFolder();
    onTestFinished(() => removeScratchFolder(folder));
    await mkdir(join(folder, "layout"));
    const image = buildRandomImage(100_000);
    await writeLayout(join(folder, "layout"), "1", image);
    const push = (berth: BerthProcess, repository: string) =>
      runCommand("skopeo", [
        ...["copy", "--dest-tls-verify=false", `oci:${folder}/layout:1`],
        `docker://${berth.host}/${repository}`,
      ]);
    await push(one, "sk/app:1");
    await runCommand("skopeo", ["delete", "--tls-verify=false", `docker://${one.host}/sk/app:1`]);
    const [digest = ""] = [...image.blobs.keys()];
    const held = async () => (await other.http.send("HEAD", `/v2/sk/app/blobs/${digest}`)).status;
    // a HEAD of somebody who may push is a touch: asked more rarely than the grace
    await expect.poll(held, { timeout: 60_000, interval: 4000 }).toBe(404);
    await push(other, "sk/app:2");
    for (const berth of [one, other]) await verifyImage(berth.http, "sk/app", "2");
    // the bytes of the first push go after their minute, those of the second stay
    const files = async () => (await one.filesIn("blobs/blobs")).length;
    await expect.poll(files, { timeout: 120_000, interval: 1000 }).toBe(image.blobs.size);
    for (const berth of [one, other]) await verifyImage(berth.http, "sk/app", "2");
  }, 240_000);
});

describe("berth gc", () => {
  it("goes on where it was killed, and loses nothing", async () => {
    const berth = await start({ BERTH_GC_GRACE_SECONDS: "2", BERTH_GC_EVERY_SECONDS: "86400" });
    const client = new RegistryClient(`http://${berth.host}`);
    onTestFinished(() => client.close());
    for (let n = 0; n < 100; n++) await client.pushBlob("team/app", randomBytes(1000));
    await client.pushImage("team/app", "kept");
    await delay(2500);
    const gc = ["gc", "--data", berth.data];
    const slowly = new Daemon({
      ...{ program: process.execPath, args: [berthProgram, ...gc], logFile: join(berth.folder, "gc") },
      environment: { BERTH_GC_GRACE_SECONDS: "2", BERTH_GC_ROWS_PER_SECOND: "20" },
    });
    const left = async () => {
      const plan = await run([...gc, "--dry-run"]);
      return (JSON.parse(plan) as { blobs: unknown[] }).blobs.length;
    };
    await expect.poll(left, { timeout: 60_000 }).toBeLessThan(100);
    expect(await slowly.stop("SIGKILL")).toBe("SIGKILL");
    const rest = await left();
    expect(rest).toBeGreaterThan(0);
    expect(JSON.parse(await run(gc))).toMatchObject({ blobs: rest });
    expect(await left()).toBe(0);
    await verifyImage(berth.http, "team/app", "kept");
  }, 240_000);
});

function run(args: readonly string[]): Promise<string> {
  const environment = { BERTH_GC_GRACE_SECONDS: "2" };
  return runCommand(process.execPath, [berthProgram, ...args, "--json"], { environment });
}
