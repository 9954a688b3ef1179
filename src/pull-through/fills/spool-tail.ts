// A growing spool file as a stream for the upload into the blob store: all that was written, verified or not.
import { Readable } from "node:stream";
import { fill } from "../../../storage/blobs/filesystem/file-body.ts";
import type { Growth } from "./growth.ts";

const blockBytes = 512 * 1024;

/** Ends where the growth does, and breaks with it. Does not close the file. */
export function spoolTail(growth: Growth, signal: AbortSignal): Readable {
  let position = 0;
  const next = async (): Promise<Buffer | null> => {
    const isOver = (): boolean => growth.size === position && growth.written === position;
    const end = await growth.until(
      () => (growth.written > position || isOver() ? growth.written : undefined),
      signal,
    );
    if (end === position) return null;
    const block = Buffer.allocUnsafe(Math.min(blockBytes, end - position));
    const bytes = await fill(growth.file, block, position);
    position += bytes.length;
    return bytes;
  };
  return new Readable({
    highWaterMark: blockBytes,
    read() {
      next().then(
        (bytes) => this.push(bytes),
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
}
