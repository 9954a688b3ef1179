// docs/configuration.md is in step with the schema, and its examples are accepted.
// To bring it in step: npx vitest run --config .config/vitest.config.js test/src/config/configuration-page.test.ts -u
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { everyPath, nodeAt, nodeOf } from "../../../src/config/schema-node.ts";
import { formatKeyPath } from "../../../src/config/key-path.ts";
import { configurationReference } from "./configuration-page.ts";

const page = fileURLToPath(new URL("../../../docs/configuration.md", import.meta.url));
const marker = "<!-- From here on generated from src/config/schema.ts; a test tells how. -->\n";
const text = readFileSync(page, "utf8");
const introduction = text.slice(0, text.indexOf(marker));

describe("docs/configuration.md", () => {
  it("describes every key with its default and variable; `-u` brings it in step", async () => {
    expect(text).toContain(marker);
    await expect(`${introduction}${marker}\n${configurationReference()}`).toMatchFileSnapshot(page);
  });

  const examples = [...introduction.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => yaml);
  it.each(examples.map((yaml, index) => [index + 1, yaml]))(
    "shows in example %i what Berth accepts",
    (_, yaml) => {
      const folder = mkdtempSync(join(tmpdir(), "berth-config-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const file = join(folder, "berth.yaml");
      writeFileSync(file, yaml);
      expect(() => loadConfig({ file })).not.toThrow();
    },
  );

  it("has examples at all", () => {
    expect(examples.length).toBeGreaterThan(0);
  });
});

describe("the schema", () => {
  const root = nodeOf(configSchema);
  it.each(everyPath(root).map((path) => [formatKeyPath(path), path]))("explains %s", (_, path) => {
    expect(nodeAt(root, path as string[])?.description).toMatch(/\.$/);
  });
});
