// Follows a download that another process on the same data makes: by its row, and by its spool file, whose length says
// how far it is (a row cannot be written as often as bytes come).
import { setTimeout as pause } from "node:timers/promises";
import { open, type FileHandle } from "node:fs/promises";
import { absentAsUndefined } from "../../../storage/blobs/filesystem/file-operations.ts";
import type { FillRecord } from "../../../storage/metadata/mirror-store.ts";
import type { DownloadParts, WantedBlob } from "./download-parts.ts";
import { Growth } from "./growth.ts";

export interface Following {
  readonly parts: DownloadParts;
  readonly pollMilliseconds: number;
  readonly wanted: WantedBlob;
  readonly signal: AbortSignal;
  /** Called once there is a file to follow, which then belongs to whoever is told. */
  readonly onGrowth: (growth: Growth) => void;
}

/**
 * Resolves when the download is over: `held` when the blob is here now (the growth, if there is one, is verified), `over`
 * when not: it failed, or whoever made it is dead.
 */
export async function followFill(following: Following, { holder }: FillRecord): Promise<"held" | "over"> {
  const { parts, wanted, signal, pollMilliseconds, onGrowth } = following;
  const { repository, digest } = wanted;
  let growth: Growth | undefined;
  for (;;) {
    const row = await parts.mirror.fills.find(repository, digest);
    if (row?.holder !== holder) return await ending(following, growth);
    if (row.leaseUntil < parts.now()) return "over";
    if (!growth) {
      growth = await growthOf(row);
      if (growth) onGrowth(growth);
    }
    if (growth) await look(growth);
    await pause(pollMilliseconds, undefined, { signal });
  }
}

/** Undefined while there is nothing to follow yet: the file is made, and the size known, after the row. */
async function growthOf({ path, size }: FillRecord): Promise<Growth | undefined> {
  const file: FileHandle | undefined =
    size === undefined ? undefined : await absentAsUndefined(open(path, "r"));
  return file && new Growth(file, size);
}

async function look(growth: Growth): Promise<void> {
  growth.grow((await growth.file.stat()).size);
}

async function ending({ parts, wanted }: Following, growth: Growth | undefined): Promise<"held" | "over"> {
  if ((await parts.local.stat(wanted.repository, wanted.digest)) === undefined) return "over";
  if (growth) await look(growth);
  if (growth?.written === growth?.size) growth?.verify();
  return "held";
}
