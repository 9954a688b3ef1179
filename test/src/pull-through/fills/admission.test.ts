// For how long a download has the room that it was admitted to: until its blob is kept, or will not be.
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { sampleBytes } from "../../../contracts/blob-store-under-test.ts";
import { eventually } from "./eventually.ts";
import { bytesOf, digestOf, mirrorPlace, repository } from "./mirror-place.ts";
import { byHand, ScriptedUpstream, sent } from "./scripted-upstream.ts";

const bytes = sampleBytes(400_000);
const digest = digestOf(bytes);

async function admitting(answer: (size: number | undefined) => "keep" | "pass" = () => "keep") {
  const place = await mirrorPlace();
  const rooms: AbortSignal[] = [];
  const admit = async (size: number | undefined, over: AbortSignal) => {
    rooms.push(over);
    return answer(size);
  };
  const process = await place.start({ admit });
  return { process, over: () => rooms.map(({ aborted }) => aborted) };
}

it("a blob has its room until it is kept", async () => {
  const { process, over } = await admitting();
  const transfer = byHand(bytes.length);
  const opened = process.open(digest, new ScriptedUpstream(() => transfer));
  transfer.send(bytes.subarray(0, 200_000));
  const { body } = await opened;
  expect(over()).toEqual([false]);
  transfer.send(bytes.subarray(200_000));
  transfer.end();
  await bytesOf(body);
  await eventually(async () => over()).toEqual([true]);
  expect(await process.local.stat(repository, digest)).toEqual({ size: bytes.length });
});

it("one that fails, or passes through, has none", async () => {
  const failing = await admitting();
  const wrong = new ScriptedUpstream(() => sent(sampleBytes(400_000, 2)));
  await expect(failing.process.open(digest, wrong).then(({ body }) => bytesOf(body))).rejects.toThrow();
  await eventually(async () => failing.over().every(Boolean)).toBe(true);
  const passing = await admitting(() => "pass");
  const { body } = await passing.process.open(digest, new ScriptedUpstream(() => sent(bytes)));
  await bytesOf(body);
  expect(passing.over()).toEqual([true]);
});

it("one of unsaid length has the last room that it asked for, and none before", async () => {
  const { process, over } = await admitting((size) => ((size ?? 0) > 40_000_000 ? "pass" : "keep"));
  const during: boolean[][] = [];
  const chunk = Buffer.alloc(1024 * 1024);
  const body = new Readable({
    read: () => {
      during.push(over());
      body.push(chunk);
    },
  });
  const upstream = new ScriptedUpstream(() => ({ size: undefined, start: 0, body }));
  await expect(process.open(digest, upstream)).rejects.toMatchObject({ failure: "failing" });
  expect(during).toContainEqual([false, true, false]);
  expect(over()).toEqual([true, true, true, true]);
});
