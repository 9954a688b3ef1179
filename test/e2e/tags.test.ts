// Immutable tags and undelete as a real client meets them: what skopeo shows when it pushes over a release, and that a tag
// that was deleted and brought back can be pulled.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildRandomImage, writeLayout } from "../support/clients/image-layout.ts";
import { skopeo } from "../support/clients/installed-client.ts";
import { sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { berthForThisFile, berthProgram } from "./berth-process.ts";

const rule = { name: "releases", repositories: ["sk/*"], tags: ["v*"] };
const berth = berthForThisFile({ BERTH_TAGS_IMMUTABLE: JSON.stringify([rule]) });

describe.skipIf(skopeo.missing)(skopeo.title, () => {
  let folder: string;
  const images = [buildRandomImage(10_000), buildRandomImage(10_000)] as const;
  const push = (index: 0 | 1, image: string): Promise<string> =>
    runCommand("skopeo", [
      ...["copy", "--dest-tls-verify=false", `oci:${folder}/layout${index}:1`],
      `docker://${berth.current.host}/${image}`,
    ]);
  const deleteTag = (image: string): Promise<string> => {
    const [repository, tag] = image.split(":");
    const url = `http://${berth.current.host}/v2/${repository}/manifests/${tag}`;
    return runCommand("curl", ["-s", "-X", "DELETE", url]);
  };

  beforeAll(async () => {
    folder = await createScratchFolder();
    for (const [index, image] of images.entries()) {
      await mkdir(join(folder, `layout${index}`));
      await writeLayout(join(folder, `layout${index}`), "1", image);
    }
  });
  afterAll(() => removeScratchFolder(folder));

  it("may push a release again, and is told the rule's name when it pushes another over it", async () => {
    await push(0, "sk/app:v1");
    await push(0, "sk/app:v1");
    await expect(push(1, "sk/app:v1")).rejects.toThrow(/v1 falls under the rule ."?releases/);
    expect(await deleteTag("sk/app:v1")).toContain("DENIED");
  });

  it("pulls a tag that was deleted and brought back beside the running server", async () => {
    await push(0, "sk/app:latest");
    await deleteTag("sk/app:latest");
    const restore = ["tag", "restore", "sk/app:latest", "--data", join(berth.current.folder, "data")];
    expect(await runCommand("node", [berthProgram, ...restore])).toContain(images[0].digest);
    await runCommand("skopeo", [
      ...["copy", "--src-tls-verify=false", `docker://${berth.current.host}/sk/app:latest`],
      `dir:${folder}/restored`,
    ]);
    expect(sha256(await readFile(join(folder, "restored/manifest.json")))).toBe(images[0].digest);
  });
});
