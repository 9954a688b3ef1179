// Removes what processes that died left of their downloads: rows whose lease ran out with their files, and files that no
// row tells of. The bytes in the blob store are its own sweep's business.
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import {
  absentAsUndefined,
  fileOperations,
  removeFile,
} from "../../../storage/blobs/filesystem/file-operations.ts";
import type { DownloadParts } from "./download-parts.ts";

/** Names end in it: whoever configures a directory may keep other files there, which are not ours to remove. */
export const spoolSuffix = ".berth-fill";

/** A running download touches its file each few seconds; a machine may sleep. */
const deadAfterMilliseconds = 15 * 60_000;

/** Ends early, by an error, when `signal` fires. */
export async function sweepSpool(
  { mirror, now, spoolDirectory }: Pick<DownloadParts, "mirror" | "now" | "spoolDirectory">,
  signal: AbortSignal,
): Promise<void> {
  for (const fill of await mirror.fills.takeDead(now())) await removeFile(fileOperations, fill.path);
  for (const name of (await absentAsUndefined(readdir(spoolDirectory))) ?? []) {
    signal.throwIfAborted();
    if (!name.endsWith(spoolSuffix)) continue;
    const file = path.join(spoolDirectory, name);
    const stats = await absentAsUndefined(stat(file));
    if (stats?.isFile() && stats.mtimeMs < now() - deadAfterMilliseconds)
      await removeFile(fileOperations, file);
  }
}
