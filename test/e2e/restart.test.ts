// What happens around the end of the process: asked to end, killed, and started again on the same data.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { buildRandomImage, writeLayout } from "../support/clients/image-layout.ts";
import { docker, skopeo } from "../support/clients/installed-client.ts";
import { locationOf, sha256, withQuery } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { type BerthProcess, berthForThisFile } from "./berth-process.ts";
import { offsetOf, sendAndCut, sendRest } from "./cut-upload.ts";

const berth = berthForThisFile();

/** Bytes that the data folder holds below blobs/uploads. */
async function uploadedBytes(process: BerthProcess): Promise<number> {
  let sum = 0;
  for (const file of await process.filesIn("blobs/uploads")) sum += (await stat(file)).size;
  return sum;
}

describe("raw HTTP", () => {
  it.each([
    ["it was asked to end", "stop"],
    ["it was killed", "kill"],
  ] as const)(
    "resumes an upload that was cut at six tenths, after %s and started again",
    async (_end, how) => {
      const { http } = berth.current;
      const content = randomBytes(10_000_000);
      const digest = sha256(content);
      const location = await http.startUpload("team/resumed");
      await sendAndCut(http, location, content, 6_000_000, () =>
        expect.poll(() => uploadedBytes(berth.current), { timeout: 10_000 }).toBe(6_000_000),
      );
      await expect.poll(() => offsetOf(http, location), { timeout: 15_000 }).toBe(6_000_000);
      await berth.current[how]();
      await berth.current.start();
      const offset = await offsetOf(http, location);
      expect(offset).toBe(6_000_000);
      let patch = await sendRest(http, location, content, offset);
      // A writer that was killed keeps the session until its lease ends.
      for (let tries = 0; patch.status === 416 && tries < 100; tries++) {
        await delay(200);
        patch = await sendRest(http, location, content, offset);
      }
      expect(patch.status).toBe(202);
      expect(patch.headers.range).toBe(`0-${content.length - 1}`);
      const put = await http.send("PUT", withQuery(locationOf(patch), { digest }), {
        headers: { "content-length": 0 },
      });
      expect(put.status).toBe(201);
      const stored = await http.digestOf(`/v2/team/resumed/blobs/${digest}`);
      expect(stored).toMatchObject({ digest, size: content.length });
      expect(await berth.current.filesIn("blobs/uploads")).toEqual([]);
    },
  );

  it("lets a slow download finish after SIGTERM, refuses new connections, and ends with 0", async () => {
    const { http } = berth.current;
    const content = randomBytes(24_000_000);
    const digest = await http.pushBlob("team/slow", content);
    const get = http.open("GET", `/v2/team/slow/blobs/${digest}`);
    get.end();
    const [response] = (await once(get, "response")) as [IncomingMessage];
    const parts: Buffer[] = [];
    const read = (async () => {
      for await (const part of response) {
        parts.push(part as Buffer);
        await delay(2);
      }
    })();
    process.kill(berth.current.process.pid, "SIGTERM");
    const refused = async (): Promise<string> =>
      http.send("GET", "/livez").then(
        () => "answered",
        () => "refused",
      );
    await expect.poll(refused, { timeout: 5_000 }).toBe("refused");
    expect(berth.current.process.running).toBe(true);
    await read;
    expect(sha256(Buffer.concat(parts))).toBe(digest);
    expect(await berth.current.process.ended()).toBe(0);
    await berth.current.start();
  });
});

describe.skipIf(docker.missing)(docker.title, () => {
  let engine: DockerEngine;

  beforeAll(async () => {
    engine = await DockerEngine.start();
  });
  afterAll(() => engine.close());

  it("pulls into an empty engine what was pushed before a restart", async () => {
    const name = `${berth.current.host}/restarted/app:1`;
    await engine.build(name, { "one.bin": randomBytes(1_000_000) });
    await engine.docker("push", name);
    const before = await verifyImage(berth.current.http, "restarted/app", "1");
    await berth.current.stop();
    await berth.current.start();
    const { id } = await engine.inspect(name);
    await engine.docker("image", "rm", "--force", id);
    await engine.docker("pull", name);
    expect((await engine.inspect(name)).id).toBe(id);
    expect(await verifyImage(berth.current.http, "restarted/app", "1")).toEqual(before);
  });

  it("heals by a second push when the registry was killed during the first", async () => {
    const name = `${berth.current.host}/killed/app:1`;
    await engine.build(name, { "big.bin": randomBytes(80_000_000), "small.bin": randomBytes(1_000_000) });
    const ended = engine.docker("push", name).then(
      () => "pushed",
      () => "failed",
    );
    await expect
      .poll(() => uploadedBytes(berth.current), { timeout: 60_000, interval: 10 })
      .toBeGreaterThan(5_000_000);
    await berth.current.kill();
    await berth.current.start();
    await ended;
    await engine.docker("push", name);
    const stored = await verifyImage(berth.current.http, "killed/app", "1");
    expect(stored.configDigest).toBe((await engine.inspect(name)).id);
  });
});

describe.skipIf(skopeo.missing)(skopeo.title, () => {
  it("heals by a second push when the registry was killed during the first", async () => {
    const folder = await createScratchFolder();
    try {
      const image = buildRandomImage(80_000_000);
      await mkdir(join(folder, "layout"));
      await writeLayout(join(folder, "layout"), "1", image);
      const push = (): Promise<string> =>
        runCommand("skopeo", [
          ...["copy", "--dest-tls-verify=false", `oci:${folder}/layout:1`],
          `docker://${berth.current.host}/killed/skopeo:1`,
        ]);
      const held = await uploadedBytes(berth.current);
      const ended = push().then(
        () => "pushed",
        () => "failed",
      );
      await expect
        .poll(() => uploadedBytes(berth.current), { timeout: 60_000, interval: 10 })
        .toBeGreaterThan(held + 5_000_000);
      await berth.current.kill();
      await berth.current.start();
      await ended;
      await push();
      expect((await verifyImage(berth.current.http, "killed/skopeo", "1")).digest).toBe(image.digest);
    } finally {
      await removeScratchFolder(folder);
    }
  });
});
