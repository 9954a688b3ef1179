// What `copyUpload` promises: the way past a writer that may still be alive.
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { digestOf } from "../../storage/digest.ts";
import type { UploadSession } from "../../storage/blobs/upload-session.ts";
import {
  contentOf,
  sampleBytes,
  sourceOf,
  writtenBy,
  type BlobStoreUnderTest,
} from "./blob-store-under-test.ts";

export interface CurrentUpload {
  readonly under: BlobStoreUnderTest;
  readonly session: UploadSession;
}

const bytes = sampleBytes(2_500_000);

export function copiedUploads(current: () => CurrentUpload): void {
  it("is out of reach, once copied, of the writer that had it", async () => {
    const { under, session } = current();
    const source = new PassThrough();
    source.write(bytes.subarray(0, 10_000));
    let reached = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (reached = resolve));
    const checkpoint = async (): Promise<void> => {
      if (session.offset === 10_000) reached();
    };
    const append = session.append(source, 0, { checkpoint, checkpointMilliseconds: 5 });
    await arrived;
    const { state } = session;
    const copy = await under.store.copyUpload(state);
    expect(copy).toMatchObject({
      offset: 10_000,
      digests: { sha256: digestOf(bytes.subarray(0, 10_000)) },
    });
    expect(copy!.state).not.toBe(state);
    source.write(Buffer.alloc(2_000_000));
    await copy!.append(sourceOf(bytes.subarray(10_000)), 10_000);
    const { locator } = await copy!.commit(digestOf(bytes));
    source.end(Buffer.alloc(2_000_000));
    await append;
    expect(session.offset).toBe(4_010_000);
    await session.commit(session.digests.sha256!);
    expect((await contentOf(under.store, locator))?.equals(bytes)).toBe(true);
  });

  it("is copied up to the state's offset, not beyond", async () => {
    const { under, session } = current();
    await session.append(sourceOf(bytes.subarray(0, 1000)), 0);
    const { state } = session;
    await session.append(sourceOf(Buffer.from("never reported")), 1000);
    const copy = await under.store.copyUpload(state);
    expect((await writtenBy(await copy!.read())).equals(bytes.subarray(0, 1000))).toBe(true);
    await session.abort();
    const { locator } = await copy!.commit(digestOf(bytes.subarray(0, 1000)));
    expect((await contentOf(under.store, locator))?.equals(bytes.subarray(0, 1000))).toBe(true);
  });

  it("cannot be copied when it is over", async () => {
    const { under, session } = current();
    const { state } = session;
    await session.abort();
    expect(await under.store.copyUpload(state)).toBeUndefined();
    expect(await under.store.copyUpload("")).toBeUndefined();
  });
}
