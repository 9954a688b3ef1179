// Where nothing may be kept: each client its own transfer, verified all the same.
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { OciError } from "../../../../src/oci/oci-error.ts";
import { sampleBytes } from "../../../contracts/blob-store-under-test.ts";
import { eventually } from "./eventually.ts";
import { expectBytes } from "./expect-bytes.ts";
import { bytesOf, digestOf, mirrorPlace, repository } from "./mirror-place.ts";
import { byHand, cut, ScriptedUpstream, sent, unmeasured } from "./scripted-upstream.ts";

const bytes = sampleBytes(400_000);
const digest = digestOf(bytes);

async function passing() {
  const place = await mirrorPlace();
  const asked: (number | undefined)[] = [];
  const admit = async (size: number | undefined): Promise<"pass"> => {
    asked.push(size);
    return "pass";
  };
  return { place, asked, process: await place.start({ admit }) };
}

describe("a blob that may not be kept", () => {
  it("goes to each client by a transfer of its own, of which the first is the one that was begun", async () => {
    const { place, process, asked } = await passing();
    const upstream = new ScriptedUpstream(() => sent(bytes));
    const opened = await Promise.all([1, 2, 3].map(() => process.open(digest, upstream)));
    for (const { body, size } of opened) {
      expect(size).toBe(bytes.length);
      expectBytes(await bytesOf(body), bytes);
    }
    expect(upstream.fetches).toHaveLength(3);
    expect(asked).toEqual([bytes.length]);
    expect(await process.local.stat(repository, digest)).toBeUndefined();
    expect(await place.leftovers()).toEqual([]);
    expect(process.problems).toEqual([]);
  });

  it("comes as a stream, too, and in parts", async () => {
    const { process } = await passing();
    const upstream = new ScriptedUpstream(() => sent(bytes));
    for (const [start, end] of [
      [0, 0],
      [0, 99_999],
      [100_000, 200_000],
      [399_000, 399_999],
      [0, 399_999],
    ] as const) {
      const chooseRange = () => ({ start, end });
      const { body, range } = await process.open(digest, upstream, { chooseRange });
      expect(range).toEqual({ start, end });
      expect(Buffer.concat(await body.stream().toArray()).equals(bytes.subarray(start, end + 1))).toBe(true);
    }
  });

  it("goes on by range when the transfer breaks", async () => {
    const { process } = await passing();
    const upstream = new ScriptedUpstream(({ attempt, start }) =>
      attempt === 1 ? cut(bytes, 123_456) : sent(bytes, { start }),
    );
    const { body } = await process.open(digest, upstream);
    expectBytes(await bytesOf(body), bytes);
    expect(upstream.fetches.map(({ start }) => start)).toEqual([0, 123_456]);
  });

  it.each([
    ["is not of its digest", Buffer.from(bytes).fill("x", 0, 1), bytes.length],
    ["is shorter than promised", bytes, bytes.length + 1],
    ["is longer than promised", bytes, bytes.length - 1],
  ])("breaks before its end when it %s, also a part of it", async (_how, content, size) => {
    const { process } = await passing();
    const upstream = new ScriptedUpstream(() => sent(content, { size }));
    for (const chooseRange of [undefined, () => ({ start: 0, end: 9 })]) {
      let doubts = 0;
      const onCorrupt = () => void (doubts += 1);
      const { body } = await process.open(digest, upstream, { chooseRange, onCorrupt });
      await expect(bytesOf(body)).rejects.toMatchObject({ failure: "corrupt" });
      expect(doubts).toBe(1);
    }
  });

  it("whose length nobody says is asked for by HEAD, and refused where that does not help", async () => {
    const { process } = await passing();
    const upstream = new ScriptedUpstream(() => unmeasured(bytes));
    await expect(process.open(digest, upstream)).rejects.toMatchObject({ failure: "failing" });
    upstream.size = bytes.length;
    const { body, size } = await process.open(digest, upstream);
    expect(size).toBe(bytes.length);
    expectBytes(await bytesOf(body), bytes);
  });

  it("is taken from the upstream no faster than the client takes it", async () => {
    const { process } = await passing();
    const big = sampleBytes(20_000_000);
    let pulled = 0;
    const upstream = new ScriptedUpstream(() => {
      const blob = sent(big);
      blob.body.on("data", (chunk: Buffer) => (pulled += chunk.length)).pause();
      return blob;
    });
    const { body } = await process.open(digestOf(big), upstream);
    let release: (() => void) | undefined;
    const client = new Writable({
      write(_chunk, _encoding, done) {
        release = done;
      },
    });
    const leaving = new AbortController();
    const done = body.writeTo(client, leaving.signal).catch((error: unknown) => error);
    await eventually(() => release).toBeDefined();
    expect(pulled).toBeLessThan(1_000_000);
    leaving.abort();
    expect(await done).toBeInstanceOf(Error);
  });

  it("ends its transfer when the client leaves, whatever it waits for", async () => {
    const { process } = await passing();
    const transfers = Array.from({ length: 3 }, () => byHand(bytes.length));
    const upstream = new ScriptedUpstream(({ attempt }) => transfers[attempt - 1] ?? sent(bytes));
    const written = (await process.open(digest, upstream)).body;
    const leaving = new AbortController();
    const done = written.writeTo(new Writable(), leaving.signal).catch((error: unknown) => error);
    leaving.abort();
    expect(await done).toBeInstanceOf(Error);
    const streamed = (await process.open(digest, upstream)).body.stream();
    streamed.resume().on("error", () => undefined);
    streamed.destroy();
    await (await process.open(digest, upstream)).body.close();
    await eventually(() => transfers.map(({ body }) => body.destroyed)).toEqual([true, true, true]);
  });

  it("ends its transfer when the part that is asked for is not there, and when the server goes down", async () => {
    const { process } = await passing();
    const transfers = [byHand(bytes.length), byHand(bytes.length)];
    const upstream = new ScriptedUpstream(({ attempt }) => transfers[attempt - 1] ?? sent(bytes));
    const impossible = process.open(digest, upstream, {
      chooseRange: () => {
        throw new OciError("rangeUnsatisfiable");
      },
    });
    await expect(impossible).rejects.toThrow(OciError);
    await eventually(() => transfers[0]?.body.destroyed).toBe(true);
    const { body } = await process.open(digest, upstream);
    const done = bytesOf(body).catch((error: unknown) => error);
    await process.downloads.close();
    expect(await done).toBeInstanceOf(Error);
    expect(transfers[1]?.body.destroyed).toBe(true);
  });

  it("reaches its client whole when the server goes down with grace meanwhile", async () => {
    const { process } = await passing();
    const transfer = byHand(bytes.length);
    const { body } = await process.open(digest, new ScriptedUpstream(() => transfer));
    const done = bytesOf(body);
    const closed = process.downloads.close(new AbortController().signal);
    transfer.send(bytes);
    transfer.end();
    expectBytes(await done, bytes);
    await closed;
  });
});
