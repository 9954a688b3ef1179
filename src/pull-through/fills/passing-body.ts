// A blob that goes from the upstream to one client and is kept nowhere: verified on the way, at the client's pace. The
// end is held back until the digest is right, also of a range: for that all of the blob is fetched.
import { Readable, type Writable } from "node:stream";
import type { Extent } from "../../../storage/blobs/byte-range.ts";
import { Outlet } from "../../../storage/blobs/outlet.ts";
import type { BlobBody } from "../../../storage/blobs/stored-object.ts";
import { algorithmOf, Digester, type Digest } from "../../../storage/digest.ts";
import { RemoteError } from "../../remote/remote-error.ts";
import { heldBackBytes } from "./growth.ts";

export interface PassingBlob {
  readonly digest: Digest;
  /** Bytes of the whole. */
  readonly size: number;
  readonly extent: Extent;
  /** All chunks of the whole. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Called when the content is not of the digest. */
  readonly onCorrupt: () => void;
  /** Called once, at the end; ends the transfer, whether or not a chunk was asked for. */
  readonly onClose: () => void;
}

export class PassingBody implements BlobBody {
  readonly size: number;
  readonly #blob: PassingBlob;
  #isClosed = false;

  constructor(blob: PassingBlob) {
    this.size = blob.size;
    this.#blob = blob;
  }

  stream(): Readable {
    const chunks = verified(this.#blob);
    const leave = (): Promise<void> => this.close();
    return new Readable({
      read() {
        chunks.next().then(
          ({ value }) => this.push(value ?? null),
          (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
        );
      },
      destroy(error, callback) {
        void leave().then(() => callback(error));
      },
    });
  }

  async writeTo(destination: Writable, signal: AbortSignal): Promise<void> {
    const outlet = new Outlet(destination, signal);
    // Ends the transfer, and with it a wait for its next chunk.
    const leave = (): void => void this.close();
    destination.once("close", leave);
    signal.addEventListener("abort", leave);
    try {
      if (signal.aborted) leave();
      for await (const chunk of verified(this.#blob)) await outlet.write(chunk);
    } finally {
      destination.off("close", leave);
      signal.removeEventListener("abort", leave);
      outlet.release();
      await this.close();
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#blob.onClose();
  }
}

/** The chunks of the extent. @throws RemoteError corrupt, before the last bytes */
async function* verified(blob: PassingBlob): AsyncGenerator<Buffer, void> {
  try {
    yield* verifying(blob);
  } catch (error) {
    if (error instanceof RemoteError && error.failure === "corrupt") blob.onCorrupt();
    throw error;
  }
}

async function* verifying({ digest, size, extent, chunks }: PassingBlob): AsyncGenerator<Buffer, void> {
  const { start, end } = extent;
  const heldFrom = Math.max(start, end - heldBackBytes);
  const digester = new Digester([algorithmOf(digest)]);
  const held: Buffer[] = [];
  let position = 0;
  for await (const chunk of chunks) {
    digester.update(chunk);
    const cut = (from: number, to: number): Buffer =>
      chunk.subarray(Math.max(0, from - position), Math.max(0, to - position));
    const [goesOn, waits] = [cut(start, heldFrom), cut(heldFrom, end)];
    if (waits.length > 0) held.push(waits);
    if (goesOn.length > 0) yield goesOn;
    position += chunk.length;
  }
  if (position !== size || digester.digests()[algorithmOf(digest)] !== digest)
    throw new RemoteError("corrupt", `the content that the upstream sent is not ${digest}`);
  yield* held;
}
