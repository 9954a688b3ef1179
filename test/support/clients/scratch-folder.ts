// Temporary folders that container tools may mount things in. Of its own, because such a folder can only be removed
// after what is mounted below it is gone.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

/** A new empty folder; the path is short, because a unix socket's path may have 108 characters. */
export function createScratchFolder(): Promise<string> {
  return mkdtemp(join(process.env["BERTH_TEST_TMP"] ?? tmpdir(), "b"));
}

export async function removeScratchFolder(folder: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mounts", "utf8"))
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  const below = mounts.filter((point) => point.startsWith(`${folder}/`)).reverse();
  for (const point of below) await runCommand("umount", ["-l", point]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
