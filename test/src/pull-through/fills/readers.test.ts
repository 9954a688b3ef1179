// Readers of a blob that is on its way: what each of them gets, and when, while the test holds the upstream's tap.
import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { RemoteError } from "../../../../src/remote/remote-error.ts";
import type { BlobBody } from "../../../../storage/blobs/stored-object.ts";
import { sampleBytes } from "../../../contracts/blob-store-under-test.ts";
import { eventually } from "./eventually.ts";
import { expectBytes } from "./expect-bytes.ts";
import { bytesOf, digestOf, keptBytes, mirrorPlace, repository } from "./mirror-place.ts";
import { byHand, ScriptedUpstream } from "./scripted-upstream.ts";

const bytes = sampleBytes(1_000_000);
const digest = digestOf(bytes);

/** A process, and one transfer of `bytes` that the test moves on. */
async function begun(finishAbandoned = true) {
  const place = await mirrorPlace();
  const process = await place.start({ finishAbandoned });
  const transfer = byHand(bytes.length);
  const upstream = new ScriptedUpstream(() => transfer);
  const opened = process.open(digest, upstream);
  opened.catch(() => undefined);
  return { place, process, transfer, upstream, opened };
}

/** A client that takes what it is sent and counts it. */
function counting(body: BlobBody) {
  const seen = { bytes: Buffer.alloc(0), outcome: "open" as "open" | "whole" | "broken" };
  const client = new Writable({
    write(chunk: Buffer, _encoding, done) {
      seen.bytes = Buffer.concat([seen.bytes, chunk]);
      done();
    },
  });
  const leaving = new AbortController();
  const done = body.writeTo(client, leaving.signal).then(
    () => void (seen.outcome = "whole"),
    () => void (seen.outcome = "broken"),
  );
  return { seen, client, leaving, done };
}

describe("a reader of a blob that is on its way", () => {
  it("gets each chunk when it came, but not the last bytes before the end", async () => {
    const { transfer, opened } = await begun();
    transfer.send(bytes.subarray(0, 1000));
    const { seen, done } = counting((await opened).body);
    await eventually(() => seen.bytes.length).toBe(1000);
    transfer.send(bytes.subarray(1000, 1001));
    await eventually(() => seen.bytes.length).toBe(1001);
    transfer.send(bytes.subarray(1001));
    await eventually(() => seen.bytes.length).toBe(bytes.length - 65_536);
    transfer.end();
    await done;
    expect(seen.bytes.equals(bytes)).toBe(true);
    expect(seen.outcome).toBe("whole");
  });

  it("that takes nothing holds up neither the others nor the download", async () => {
    const { process, transfer, upstream, opened } = await begun();
    transfer.send(bytes.subarray(0, 500_000));
    const stuck = (await opened).body;
    let release: (() => void) | undefined;
    const received: Buffer[] = [];
    const client = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        received.push(Buffer.from(chunk));
        if (release === undefined) release = done;
        else done();
      },
    });
    const stuckDone = stuck.writeTo(client, new AbortController().signal);
    await eventually(() => release).toBeDefined();
    const other = await process.open(digest, upstream);
    transfer.send(bytes.subarray(500_000));
    transfer.end();
    expectBytes(await bytesOf(other.body), bytes);
    expectBytes(await keptBytes(process, digest), bytes);
    release?.();
    await stuckDone;
    expect(Buffer.concat(received).equals(bytes)).toBe(true);
  });

  it("that leaves stops nothing, even when it was the first and only one", async () => {
    const { place, process, transfer, opened } = await begun();
    transfer.send(bytes.subarray(0, 10));
    const { seen, done, leaving } = counting((await opened).body);
    await eventually(() => seen.bytes.length).toBe(10);
    leaving.abort();
    await done;
    expect(seen.outcome).toBe("broken");
    transfer.send(bytes.subarray(10));
    transfer.end();
    await eventually(() => process.local.stat(repository, digest)).toEqual({ size: bytes.length });
    await eventually(() => place.leftovers()).toEqual([]);
  });

  it("whose connection dies while there is nothing to write is let go at once", async () => {
    const { place, process, transfer, opened } = await begun();
    transfer.send(bytes.subarray(0, 10));
    const { client, done, seen } = counting((await opened).body);
    await eventually(() => seen.bytes.length).toBe(10);
    client.destroy();
    await done;
    expect(seen.outcome).toBe("broken");
    await process.downloads.close();
    expect(await place.leftovers()).toEqual([]);
  });

  it("that leaves as the last one ends the download, where abandoned ones are not finished", async () => {
    const { place, process, transfer, upstream, opened } = await begun(false);
    transfer.send(bytes.subarray(0, 10));
    const first = counting((await opened).body);
    const second = counting((await process.open(digest, upstream)).body);
    first.leaving.abort();
    await first.done;
    transfer.send(bytes.subarray(10, 20));
    await eventually(() => second.seen.bytes.length).toBe(20);
    second.leaving.abort();
    await second.done;
    await eventually(() => transfer.body.destroyed).toBe(true);
    await eventually(() => place.leftovers()).toEqual([]);
    expect(await process.local.stat(repository, digest)).toBeUndefined();
    upstream.answer = () => {
      const again = byHand(bytes.length);
      again.send(bytes);
      again.end();
      return again;
    };
    const again = await process.open(digest, upstream);
    expectBytes(await bytesOf(again.body), bytes);
  });

  it("of a part waits for the bytes of that part alone", async () => {
    const { process, transfer, upstream, opened } = await begun();
    transfer.send(bytes.subarray(0, 200_000));
    await (await opened).body.close();
    const early = await process.open(digest, upstream, { chooseRange: () => ({ start: 100, end: 199_999 }) });
    expect(early).toMatchObject({ size: bytes.length, range: { start: 100, end: 199_999 } });
    expectBytes(await bytesOf(early.body), bytes.subarray(100, 200_000));
    const late = await process.open(digest, upstream, {
      chooseRange: (size) => ({ start: size - 10, end: size - 1 }),
    });
    const { seen, done } = counting(late.body);
    transfer.send(bytes.subarray(200_000));
    transfer.end();
    await done;
    expect(seen.bytes.equals(bytes.subarray(-10))).toBe(true);
  });

  it("of a transform gets bytes that stay as they are", async () => {
    const { transfer, opened } = await begun();
    transfer.send(bytes.subarray(0, 300_000));
    const keeping = new PassThrough({ highWaterMark: 2 * bytes.length });
    const done = (await opened).body.writeTo(keeping, new AbortController().signal);
    transfer.send(bytes.subarray(300_000));
    transfer.end();
    await done;
    expect((keeping.read() as Buffer).equals(bytes)).toBe(true);
  });

  it("that waits for its first byte may give up, and the download goes on", async () => {
    const { process, transfer, upstream, opened } = await begun();
    const patience = new AbortController();
    const waiting = process.open(digest, upstream, { signal: patience.signal });
    patience.abort(new Error("ten seconds are over"));
    await expect(waiting).rejects.toThrow("ten seconds are over");
    transfer.send(bytes);
    transfer.end();
    expectBytes(await bytesOf((await opened).body), bytes);
  });

  it("learns of a refusal before it was told a status, and of a failure by a broken end", async () => {
    const { place, process, transfer, upstream, opened } = await begun();
    transfer.send(bytes.subarray(0, 10));
    const { seen, done } = counting((await opened).body);
    await eventually(() => seen.bytes.length).toBe(10);
    upstream.answer = () => Promise.reject(new RemoteError("absent", "404"));
    transfer.cut();
    await done;
    expect(seen.outcome).toBe("broken");
    expect(seen.bytes.length).toBe(10);
    await eventually(() => place.leftovers()).toEqual([]);
    await expect(process.open(digest, upstream)).rejects.toMatchObject({ failure: "absent" });
    expect(process.problems).toEqual([]);
  });
});

describe("closing", () => {
  it("waits for running downloads until its grace is over, and then breaks them", async () => {
    const { place, process, transfer, upstream, opened } = await begun();
    transfer.send(bytes.subarray(0, 10));
    const { seen, done } = counting((await opened).body);
    const grace = new AbortController();
    const closed = process.downloads.close(grace.signal);
    transfer.send(bytes.subarray(10, 20));
    await eventually(() => seen.bytes.length).toBe(20);
    grace.abort();
    await closed;
    await done;
    expect(seen.outcome).toBe("broken");
    expect(transfer.body.destroyed).toBe(true);
    expect(await place.leftovers()).toEqual([]);
    await expect(process.open(digest, upstream)).rejects.toMatchObject({ kind: "busy", status: 503 });
  });

  it("begins nothing meanwhile, and lets who comes late read what is on its way", async () => {
    const { process, transfer, upstream, opened } = await begun();
    transfer.send(bytes.subarray(0, 10));
    const { body: first } = await opened;
    const closed = process.downloads.close(new AbortController().signal);
    const late = await process.open(digest, upstream);
    const other = digestOf(Buffer.from("other"));
    await expect(process.open(other, upstream)).rejects.toMatchObject({ kind: "busy" });
    transfer.send(bytes.subarray(10));
    transfer.end();
    await closed;
    for (const body of [first, late.body]) expectBytes(await bytesOf(body), bytes);
    expect(upstream.fetches).toHaveLength(1);
  });

  it("lets a download go on that nobody here reads any more", async () => {
    const { process, transfer, opened } = await begun();
    transfer.send(bytes.subarray(0, 10));
    await (await opened).body.close();
    const closed = process.downloads.close(new AbortController().signal);
    transfer.send(bytes.subarray(10));
    transfer.end();
    await closed;
    expectBytes(await keptBytes(process, digest), bytes);
  });

  it("with a grace that suffices lets them end well", async () => {
    const { process, transfer, opened } = await begun();
    transfer.send(bytes.subarray(0, 10));
    const { seen, done } = counting((await opened).body);
    const closed = process.downloads.close(new AbortController().signal);
    transfer.send(bytes.subarray(10));
    transfer.end();
    await closed;
    await done;
    expect(seen.bytes.equals(bytes)).toBe(true);
    expectBytes(await keptBytes(process, digest), bytes);
  });
});
