// The bytes of a blob over as many transfers as it takes: one that breaks off goes on by Range where it stood, from
// whatever source the upstream then names.
import { addAbortSignal } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { RemoteError, type RemoteFailure } from "../../remote/remote-error.ts";
import type { RemoteBlob } from "../../remote/upstream.ts";
import type { WantedBlob } from "./download-parts.ts";

export interface Transfer {
  readonly wanted: Pick<WantedBlob, "upstream" | "name" | "digest">;
  readonly signal: AbortSignal;
  /** See DownloadTiming. */
  readonly pauses: readonly number[];
}

/** What another attempt would not mend. */
const final: ReadonlySet<RemoteFailure> = new Set(["absent", "refused", "rate-limited", "corrupt"]);

/** Its body ends with `signal`, and may break before anybody reads it. */
export async function beginTransfer({ wanted, signal }: Transfer, start = 0): Promise<RemoteBlob> {
  const { upstream, name, digest } = wanted;
  const blob = await upstream.fetchBlob(name, digest, { signal, ...(start > 0 && { start }) });
  // Whoever reads gets the error; until then nobody else may.
  blob.body.on("error", () => undefined);
  addAbortSignal(signal, blob.body);
  return blob;
}

/**
 * All chunks of the blob that `first` begins.
 * @throws RemoteError: corrupt, when it is longer or shorter than the upstream said; else what the last attempt failed with
 */
export async function* steadyTransfer(transfer: Transfer, first: RemoteBlob): AsyncGenerator<Buffer, void> {
  const { size } = first;
  let position = 0;
  let blob: RemoteBlob | undefined = first;
  for (let failures = 0; ; failures += 1) {
    try {
      blob ??= await beginTransfer(transfer, position);
      checkBeginning(blob, position, size);
      for await (const chunk of chunksFrom(blob, position)) {
        position += chunk.length;
        if (position > (size ?? position)) throw corrupt(`is longer than the ${size} bytes promised`);
        failures = 0;
        yield chunk;
      }
      if (position < (size ?? position)) throw corrupt(`ends at ${position} of ${size} bytes`);
      return;
    } catch (error) {
      if (position === size) return;
      const wait = transfer.pauses[failures];
      transfer.signal.throwIfAborted();
      if (wait === undefined || isFinal(error)) throw asRemoteError(error);
      await pause(wait, undefined, { signal: transfer.signal }).catch(() => transfer.signal.throwIfAborted());
    }
    blob = undefined;
  }
}

/** The chunks from `position` on, of a body that may have begun before. */
async function* chunksFrom({ body, start }: RemoteBlob, position: number): AsyncGenerator<Buffer, void> {
  let skip = position - start;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).subarray(skip);
    skip = Math.max(0, skip - chunk.byteLength);
    if (bytes.length > 0) yield bytes;
  }
}

/** @throws RemoteError, so that another attempt is made: other sources may answer as the first did */
function checkBeginning(blob: RemoteBlob, position: number, size: number | undefined): void {
  const fits =
    blob.start <= position && (blob.size === undefined || size === undefined || blob.size === size);
  if (fits) return;
  blob.body.destroy();
  throw new RemoteError("failing", "the upstream goes on elsewhere, or with a blob of another size");
}

function isFinal(error: unknown): boolean {
  return error instanceof RemoteError && final.has(error.failure);
}

function asRemoteError(error: unknown): RemoteError {
  if (error instanceof RemoteError) return error;
  return new RemoteError("connection", "the transfer of a blob broke off", { cause: error });
}

function corrupt(what: string): RemoteError {
  return new RemoteError("corrupt", `the blob that the upstream sent ${what}`);
}
