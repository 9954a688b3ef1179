// The command `berth` as a process can run it, for tests that kill one: Node 20 runs no TypeScript, so the sources are
// translated into a folder of the test's own.
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dirname, "../..");

export interface TranslatedProgram {
  /** To be run by node. */
  readonly main: string;
  remove(): Promise<void>;
}

export async function translateProgram(): Promise<TranslatedProgram> {
  const target = await mkdtemp(join(tmpdir(), "berth-program-"));
  for (const room of ["storage", "auth", "src"]) await translate(room, target);
  await writeFile(join(target, "package.json"), '{ "type": "module", "version": "0.0.0" }');
  await symlink(join(root, "node_modules"), join(target, "node_modules"));
  return { main: join(target, "src/main.js"), remove: () => rm(target, { recursive: true, force: true }) };
}

async function translate(room: string, target: string): Promise<void> {
  const names = await readdir(join(root, room), { recursive: true });
  for (const name of names.filter((entry) => entry.endsWith(".ts"))) {
    const { outputText } = ts.transpileModule(await readFile(join(root, room, name), "utf8"), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
    });
    const file = join(target, room, name.replace(/\.ts$/, ".js"));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, outputText);
  }
}
