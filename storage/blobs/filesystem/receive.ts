// The loop of an append: chunks of any size become blocks, and each block is written while the next one arrives.
import type { CheckpointClock } from "../checkpoint-clock.ts";
import type { SourceReader } from "../source-reader.ts";
import type { BlockWriter } from "./block-writer.ts";
import type { BufferPair } from "./transfer-buffers.ts";

export interface Reception {
  readonly reader: SourceReader;
  readonly writer: BlockWriter;
  readonly clock: CheckpointClock;
  /** Makes what was written durable and counts it. */
  readonly sync: () => Promise<void>;
  /** As `sync`, when the source came to its proper end. */
  readonly finish: () => Promise<void>;
}

/** Resolves when all of the source came to its `finish`. When the source breaks off, what arrived is durable before this throws. */
export async function receive(
  { reader, writer, clock, sync, finish }: Reception,
  [first, second]: BufferPair,
): Promise<void> {
  let block = first;
  let filled = 0;
  const checkpoint = async (): Promise<void> => {
    await sync();
    await clock.checkpoint();
  };
  const flush = async (): Promise<void> => {
    if (clock.overdue) await checkpoint();
    await writer.write(block.subarray(0, filled));
    block = block === first ? second : first;
    filled = 0;
  };
  for (let chunk = await reader.next(); chunk; chunk = await reader.next()) {
    for (let rest = chunk; rest.length > 0;) {
      const copied = rest.copy(block, filled);
      rest = rest.subarray(copied);
      filled += copied;
      if (filled === block.length) await flush();
    }
    if (!clock.due) continue;
    await flush();
    await checkpoint();
  }
  await flush();
  if (!reader.failure) return await finish();
  await sync();
  throw reader.failure;
}
