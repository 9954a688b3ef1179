// What is built: a program that starts fast because it is few files, and whose stack traces still lead to the sources.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const built = join(import.meta.dirname, "../../dist/src");

const filesOf = () => [
  ...["main.js", "worker.js"].map((file) => join(built, file)),
  ...readdirSync(join(built, "bundle"))
    .filter((file) => file.endsWith(".js"))
    .map((file) => join(built, "bundle", file)),
];

/** Statically or when needed. */
const importsOf = (file: string): string[] => {
  const text = readFileSync(file, "utf8");
  const statements = text.matchAll(/^(?:import|export) (?:[^"]* from )?"([^"]+)";$/gm);
  const calls = text.matchAll(/\bimport\("([^"]+)"\)/g);
  return [...statements, ...calls].map(([, from = ""]) => from);
};

// `npm test` builds first, as for main.test.ts.
describe.skipIf(!existsSync(join(built, "main.js")))("the bundle", () => {
  it("is in few files", () => {
    expect(filesOf().length).toBeLessThan(100);
  });

  it("imports nothing but itself, Node, native code, and what only some configurations load", () => {
    const imported = new Set(filesOf().flatMap(importsOf));
    const others = [...imported].filter(
      (name) => !isBuiltin(name) && !/^\.\/(bundle\/)?[\w.-]+\.js$/.test(name),
    );
    expect(others.sort()).toEqual([
      "@aws-sdk/client-s3",
      "@aws-sdk/s3-request-presigner",
      "@node-rs/argon2",
      "@smithy/node-http-handler",
      "better-sqlite3",
      "undici",
    ]);
  });

  it("is traced to its sources", () => {
    const { stderr } = spawnSync(
      process.execPath,
      ["--enable-source-maps", join(built, "main.js"), "config", "print", "--config", "/nowhere/berth.yaml"],
      { encoding: "utf8", env: { ...process.env, BERTH_LOG_LEVEL: "debug" } },
    );
    expect(stderr).toMatch(/\/src\/config\/[\w-]+\.ts:\d+:\d+/);
  });
});
