// Real small file systems, where this process may mount them (as root); the tests that need them are skipped elsewhere.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export const mayMount = tryMount();

/** Runs `use` while a tmpfs of `size` lies at `directory`, which is removed afterwards. */
export async function withTmpfs(directory: string, size: string, use: () => Promise<void>): Promise<void> {
  mkdirSync(directory, { recursive: true });
  mount(directory, `size=${size}`);
  try {
    await use();
  } finally {
    execFileSync("umount", ["-l", directory]);
    rmSync(directory, { recursive: true, force: true });
  }
}

export function mount(directory: string, options: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "berth-test", directory], { stdio: "ignore" });
}

function tryMount(): boolean {
  const directory = mkdtempSync(path.join(tmpdir(), "berth-mount-"));
  try {
    mount(directory, "size=64k");
    execFileSync("umount", [directory]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
