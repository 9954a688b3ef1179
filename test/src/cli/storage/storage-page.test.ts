// docs/storage.md as it is read: its commands of ours are run from the first to the last on one registry, whose server
// is stopped where the page says so.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../../../src/config/load-config.ts";
import { createMetrics } from "../../../../src/observability/metrics.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { parseShellLine } from "../shell-line.ts";
import { movingRegistry } from "./moving-registry.ts";

const page = readFileSync(new URL("../../../../docs/storage.md", import.meta.url), "utf8");

function blocks(language: string): string[] {
  return Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")),
    ([, text = ""]) => text,
  );
}

describe("docs/storage.md", () => {
  it("has commands that do what they are told, one after the other", async () => {
    const moving = await movingRegistry();
    const server = await moving.serve("source");
    let closing: Promise<void> | undefined;
    const stop = (): Promise<void> => (closing ??= server.close());
    onTestFinished(stop);
    await moving.push(server.url, 3);
    const lines = blocks("console").flatMap((block) => block.split("\n"));
    const commands = lines.flatMap((line) =>
      line.startsWith("$ berth ") ? [parseShellLine(line.slice(2)).words.slice(1)] : [],
    );
    const failed: string[] = [];
    for (const words of commands) {
      if (words.includes("--switch")) await stop();
      const args = words.map((word) => (word === "new.yaml" ? moving.to : word));
      const { code, errors } = await moving.berth(args);
      if (code !== 0) failed.push(`${words.join(" ")}: ${errors}`);
    }
    expect(failed).toEqual([]);
    const families = new Set(commands.map(([one, two = ""]) => `${one} ${two.startsWith("-") ? "" : two}`));
    expect([...families].sort()).toEqual(["doctor storage", "fsck ", "storage copy"]);
    const next = await moving.serve("target");
    onTestFinished(() => next.close());
    expect(await moving.lost(next.url)).toEqual([]);
  });

  it.each(blocks("yaml"))("has configuration files that are right: %s", async (text) => {
    const file = join(await scratchDirectory(), "berth.yaml");
    await writeFile(file, text);
    expect(() => loadConfig({ file })).not.toThrow();
  });

  it("names every metric of checks and of the scrub, and no other", async () => {
    const metrics = createMetrics();
    metrics.fsck.watch(async () => ({ lastPassAt: undefined, blobs: 0 }));
    const { text } = await metrics.render();
    const names = Array.from(text.matchAll(/^# TYPE (berth_(?:fsck|scrub)_\w+)/gm), ([, name]) => name);
    const named = Array.from(page.matchAll(/`(berth_(?:fsck|scrub)_\w+)`/g), ([, name]) => name);
    expect(names).toHaveLength(5);
    expect(named.sort()).toEqual(names.sort());
  });
});
