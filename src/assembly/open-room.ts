// The watch over the disks that this registry writes to, and what of it pushes ask.
import { dirname } from "node:path";
import { DiskRoom } from "../../storage/disk-room.ts";
import type { Config } from "../config/load-config.ts";
import type { RoomForPushes } from "../registry/room-for-pushes.ts";

export function openRoom({ storage }: Pick<Config, "storage">): DiskRoom {
  const { minFreeBytes } = storage;
  return new DiskRoom({ directories: directoriesOf(storage), minFreeBytes, now: () => performance.now() });
}

/** What goes on to a bucket lies here for a moment only, so that its size says nothing. */
export function roomForPushes(
  room: DiskRoom,
  { storage: { blobs } }: Pick<Config, "storage">,
): RoomForPushes {
  return "s3" in blobs ? { demand: () => room.demand(0) } : room;
}

function directoriesOf({ blobs, metadata }: Config["storage"]): string[] {
  const database = dirname(metadata.sqlite.path);
  if ("filesystem" in blobs) return [blobs.filesystem.directory, database];
  if ("s3" in blobs) return [blobs.s3.spoolDirectory, database];
  return [database];
}
