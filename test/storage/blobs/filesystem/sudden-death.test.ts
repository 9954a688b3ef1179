// kill -9 before every single file operation of an upload, and in the middle of every write (REQ-23): a real process
// runs the store until then. Node 20 runs no TypeScript, so the few files of the store are translated first.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  contentOf,
  listed,
  never,
  put,
  sampleBytes,
  sourceOf,
} from "../../../contracts/blob-store-under-test.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { StoreDirectory } from "./store-directory.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
const bytes = sampleBytes(2_500_000);

/** Uploads in two appends; says each state on standard output as a row would keep it; dies at the step it is told. */
const doomed = `
  import { readFileSync, writeSync } from "node:fs";
  import { Readable } from "node:stream";
  import { fileOperations } from "./storage/blobs/filesystem/file-operations.js";
  import { FilesystemBlobStore } from "./storage/blobs/filesystem/filesystem-blob-store.js";
  import { digestOf } from "./storage/digest.js";
  const [directory, content, fatal] = process.argv.slice(2);
  const bytes = readFileSync(content);
  const say = (line) => writeSync(1, JSON.stringify(line) + "\\n");
  let count = 0;
  const observe = (target, onOpen) => new Proxy(target, {
    get(_target, name) {
      const member = target[name];
      if (typeof member !== "function") return member;
      return async (...args) => {
        if (++count === Number(fatal)) {
          if (name === "write") await target.write(args[0], args[1], Math.ceil(args[2] / 2), args[3]);
          process.kill(process.pid, "SIGKILL");
        }
        const result = await member.apply(target, args);
        return name === "open" ? observe(result) : result;
      };
    },
  });
  const store = new FilesystemBlobStore(directory, observe(fileOperations));
  const session = await store.startUpload({ algorithms: ["sha256"] });
  for (const cut of [[0, 1_200_000], [1_200_000]]) {
    say({ state: session.state });
    await session.append(Readable.from([bytes.subarray(...cut)]), cut[0]);
  }
  say({ state: session.state });
  say({ committed: await session.commit(digestOf(bytes)) });
  say({ steps: count });
`;

interface Line {
  readonly state?: string;
  readonly committed?: { readonly locator: string };
  readonly steps?: number;
}

describe("the filesystem store when its process is killed", () => {
  let translated: string;
  const run = async (directory: string, fatal: number): Promise<Line[]> => {
    const args = [
      path.join(translated, "doomed.js"),
      directory,
      path.join(translated, "content"),
      String(fatal),
    ];
    const output = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, args, (error, stdout, stderr) => {
        if (error && error.signal !== "SIGKILL") reject(new Error(stderr));
        else resolve(stdout);
      });
    });
    return output.split("\n").flatMap((line) => (line ? [JSON.parse(line) as Line] : []));
  };

  beforeAll(async () => {
    translated = await mkdtemp(path.join(tmpdir(), "berth-doomed-"));
    for (const folder of ["storage", "storage/hashing", "storage/blobs", "storage/blobs/filesystem"])
      await translate(folder, translated);
    await writeFile(path.join(translated, "package.json"), '{ "type": "module" }');
    await writeFile(path.join(translated, "doomed.js"), doomed);
    await writeFile(path.join(translated, "content"), bytes);
  });
  afterAll(async () => {
    await rm(translated, { recursive: true, force: true });
  });

  /** Dies at one step, and checks what a new process makes of it. Returns whether the upload got through alive. */
  const survive = async (fatal: number): Promise<boolean> => {
    const directory = await StoreDirectory.create();
    const lines = await run(directory.path, fatal);
    const store = directory.open();
    for (const { locator } of await listed(store)) {
      expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
    }
    const committed = lines.some((line) => line.committed);
    const { state } = lines.findLast((line) => line.state) ?? {};
    const session = state === undefined ? undefined : await store.resumeUpload(state);
    if (committed) expect(await listed(store)).toHaveLength(1);
    else if (session) {
      await session.append(sourceOf(bytes.subarray(session.offset)), session.offset);
      const { locator } = await session.commit(digestOf(bytes));
      expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
    } else {
      // Either nothing had begun, or all was done but the answer: the client uploads again.
      await put(store, bytes);
    }
    await store.removeStaleUploads(new Date(Date.now() + 1e6), never);
    expect(await directory.leftovers()).toEqual([]);
    await directory.remove();
    return lines.some((line) => line.steps !== undefined);
  };

  it("leaves absent or whole objects, and uploads that go on, whatever step it dies at", async () => {
    let step = 1;
    while (step < 100 && !(await survive(step))) step += 1;
    expect(step).toBeGreaterThan(20);
    expect(step).toBeLessThan(100);
  }, 120_000);
});

async function translate(folder: string, target: string): Promise<void> {
  await mkdir(path.join(target, folder), { recursive: true });
  const names = await readdir(path.join(root, folder));
  for (const name of names.filter((entry) => entry.endsWith(".ts"))) {
    const { outputText } = ts.transpileModule(await readFile(path.join(root, folder, name), "utf8"), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
    });
    await writeFile(path.join(target, folder, name.replace(/\.ts$/, ".js")), outputText);
  }
}
