// docs/nginx-offload.md agrees with the files that it has its reader copy. That these work is shown end to end.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";

const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8");
const page = read("docs/nginx-offload.md");
const block = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(page)?.[1] ?? "";

describe("docs/nginx-offload.md", () => {
  it("has a configuration that turns it on", async () => {
    const file = join(await scratchDirectory(), "berth.yaml");
    await writeFile(file, block("yaml"));
    expect(loadConfig({ file, env: {} }).http).toMatchObject({
      offload: "nginx",
      trustedProxies: ["loopback"],
    });
  });

  it("includes what deploy/nginx.conf includes once its # is gone", () => {
    const commented = block("nginx").replace("include", "# include");
    expect(commented).toMatch(/^ +# include \S+;\n$/);
    expect(read("deploy/nginx.conf")).toContain(commented);
  });

  it("copies files that are there, to where they look for each other", () => {
    const copies = Array.from(page.matchAll(/^\$ cp (\S+) (\S+)$/gm), ([, from = "", to = ""]) => [from, to]);
    expect(copies).toHaveLength(2);
    for (const [from = "", to = ""] of copies) expect(read(from)).toContain(to);
  });

  it("says where the folder is that the included file names, and from which size on files are handed over", () => {
    const [, folder = ""] = /alias (\S+);/.exec(read("deploy/nginx-offload.conf")) ?? [];
    expect(page).toContain(`\`${folder}\``);
    expect(read("src/http/distribution/offload.ts")).toMatch(/leastBytes = 256 \* 1024;/);
    expect(page).toContain("below 256 KiB");
  });
});
