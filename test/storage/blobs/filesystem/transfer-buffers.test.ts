// What many transfers at once have to share.
import { expect, it } from "vitest";
import { TransferBuffers } from "../../../../storage/blobs/filesystem/transfer-buffers.ts";

const mebibyte = 1024 * 1024;

/** Blocks of so many transfers that go on at once, in the order in which they began. */
async function blocksOf(
  count: number,
  buffers = new TransferBuffers(),
): Promise<(readonly [Buffer, Buffer?])[]> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const lent: (readonly [Buffer, Buffer?])[] = [];
  const loans = Array.from({ length: count }, () =>
    buffers.lendBlocks(async (blocks) => {
      lent.push(blocks);
      await ended;
    }),
  );
  end();
  await Promise.all(loans);
  return lent;
}

const lengthsOf = (blocks: readonly (Buffer | undefined)[] = []) => blocks.map((block) => block?.length);

it("lends few transfers two large blocks each, and many of them one", async () => {
  const lent = await blocksOf(100);
  expect(lengthsOf(lent[0])).toEqual([mebibyte, mebibyte]);
  expect(lengthsOf(lent[15])).toEqual([mebibyte / 2, mebibyte / 2]);
  expect(lengthsOf(lent[16])).toEqual([mebibyte / 2]);
  expect(lengthsOf(lent[99])).toEqual([mebibyte / 8]);
});

it("has room for a hundred transfers in 64 MiB", async () => {
  const lengths = (await blocksOf(100)).flat().map((block) => block?.length ?? 0);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(64 * mebibyte);
});

it("lends to none what another one has, and again what was given back", async () => {
  const buffers = new TransferBuffers();
  const [before] = await blocksOf(1, buffers);
  const lent = await blocksOf(20, buffers);
  expect(lent[0]?.[0].buffer).toBe(before?.[0].buffer);
  expect(new Set(lent.map(([block]) => block.buffer)).size).toBe(20);
});

it("does not lend again what a failed transfer may still hold", async () => {
  const buffers = new TransferBuffers();
  let held: Buffer | undefined;
  const failing = buffers.lendBlocks(async ([block]) => {
    held = block;
    throw new Error("the client left");
  });
  await expect(failing).rejects.toThrow("left");
  const [again] = await blocksOf(1, buffers);
  expect(again?.[0].buffer).not.toBe(held?.buffer);
});
