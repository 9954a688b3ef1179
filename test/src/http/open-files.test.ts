// However a transfer ends, it leaves no file open and no bytes lying about.
import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answerTo, open, responseTo } from "../../support/http-request.ts";
import { digestOf, randomBlob } from "../../support/images.ts";
import { testRegistry } from "../../support/test-registry.ts";

/** Files of the registry that this process has open, the database aside. */
async function openFiles(directory: string): Promise<string[]> {
  const links = await Promise.all(
    (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  return links.filter((target) => target.startsWith(join(directory, "blobs")));
}

describe.runIf(process.platform === "linux")("transfers of every end", () => {
  it("leave no file open", async () => {
    const registry = await testRegistry();
    const { client, url } = registry;
    const content = randomBlob(4_000_000);
    const digest = await client.pushBlob("files/app", content);
    const path = `/v2/files/app/blobs/${digest}`;
    const rounds = Array.from({ length: 20 }, async () => {
      await client.send("GET", path);
      await client.send("HEAD", path);
      await client.send("GET", path, { headers: { "if-none-match": `"${digest}"` } });
      await client.send("GET", path, { headers: { range: "bytes=5-9" } });
      await client.send("GET", path, { headers: { range: "bytes=99999999-" } });
      const download = open(url, "GET", path);
      download.end();
      (await responseTo(download)).destroy();
      const session = await client.startUpload("files/app");
      const upload = open(url, "PATCH", session, { headers: { "content-length": 1000 } });
      const cut = answerTo(upload).catch(() => "cut");
      await new Promise<void>((resolve) => upload.write("some", () => resolve()));
      upload.destroy();
      await cut;
      await expect.poll(async () => (await client.send("GET", session)).headers.range).toBe("0-3");
      await client.send("PUT", `${session}?digest=${digest}`);
      await client.send("POST", `/v2/files/app/blobs/uploads/?digest=${digestOf("other")}`, {
        body: content,
      });
      await client.send("DELETE", await client.startUpload("files/app"));
    });
    await Promise.all(rounds);
    await expect.poll(() => openFiles(registry.dataDirectory)).toEqual([]);
    expect(await readdir(join(registry.dataDirectory, "blobs", "uploads"))).toEqual([]);
  });
});
