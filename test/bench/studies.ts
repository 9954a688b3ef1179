// Benches with a table of their own, which `--study NAME` runs: they are vitest files.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./options.ts";

const ending = ".bench.ts";

/** @param root of the checkout */
export function studiesIn(root: string): string[] {
  const names = readdirSync(join(root, "test/bench/studies")).filter((name) => name.endsWith(ending));
  return names.map((name) => name.slice(0, -ending.length)).sort();
}

/** The exit code. */
export async function runStudy(root: string, name: string): Promise<number> {
  const names = studiesIn(root);
  if (!names.includes(name))
    throw new UsageError(`No study is called "${name}". There are:\n  ${names.join("\n  ")}`);
  const args = ["run", "--config", ".config/vitest.bench.config.js", `test/bench/studies/${name}${ending}`];
  const vitest = spawn(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  const [code] = (await once(vitest, "close")) as [number | null];
  return code ?? 1;
}
