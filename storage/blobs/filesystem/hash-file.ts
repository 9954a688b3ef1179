// Hashes what is stored already: only when an upload goes on in a process that did not see its beginning, or is closed
// under an algorithm that nobody announced.
import type { FileHandle } from "node:fs/promises";
import type { BlockHasher } from "../../hashing/block-hasher.ts";
import { fill } from "./file-body.ts";
import type { BufferPair } from "./transfer-buffers.ts";

/** Feeds the first `end` bytes to `hasher`; `betweenBlocks` may end it by throwing. */
export async function hashFile(
  file: FileHandle,
  end: number,
  hasher: BlockHasher,
  [first, second]: BufferPair,
  betweenBlocks: () => Promise<void>,
): Promise<void> {
  let spare = second;
  let filled = await fill(file, first.subarray(0, end), 0);
  for (let position = filled.length; filled.length > 0; position += filled.length) {
    const reading = fill(file, spare.subarray(0, end - position), position);
    [filled] = await Promise.all([reading, hasher.update(filled)]);
    spare = spare === second ? first : second;
    await betweenBlocks();
  }
}
