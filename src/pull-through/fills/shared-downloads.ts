// Blobs that are not here yet, for everybody who asks for them: one transfer for each of them over all processes on the
// same data, and a body for each reader. See README.md beside this file for the drawing.
import { addAbortSignal } from "node:stream";
import { TransferBuffers } from "../../../storage/blobs/filesystem/transfer-buffers.ts";
import { extentOf } from "../../../storage/blobs/byte-range.ts";
import { OciError } from "../../oci/oci-error.ts";
import type { OpenBlob } from "../../registry/registry.ts";
import { RemoteError } from "../../remote/remote-error.ts";
import type { RemoteBlob } from "../../remote/upstream.ts";
import { usualTiming, type DownloadParts, type DownloadTiming, type OpenRequest } from "./download-parts.ts";
import { FillBody } from "./fill-body.ts";
import type { Growth } from "./growth.ts";
import { PassingBody } from "./passing-body.ts";
import { SharedDownload } from "./shared-download.ts";
import { beginTransfer, steadyTransfer } from "./steady-transfer.ts";
import { sweepSpool } from "./sweep-spool.ts";

const fetched = { outcome: "miss", ageSeconds: 0 } as const;
const passed = { outcome: "passed", ageSeconds: 0 } as const;

export class SharedDownloads {
  readonly #parts: DownloadParts;
  readonly #timing: DownloadTiming;
  readonly #buffers = new TransferBuffers();
  readonly #byBlob = new Map<string, SharedDownload>();
  /** Those that were told to end are among them until they did. */
  readonly #running = new Set<SharedDownload>();
  /** Transfers of single readers, each until it is over. */
  readonly #passing = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #isEnding = false;
  #passesUntil = 0;

  constructor(parts: DownloadParts) {
    this.#parts = parts;
    this.#timing = { ...usualTiming, ...parts.timing };
  }

  /**
   * Opens a blob as soon as its first byte may go out. The body ends in an error when the download does: the digest is
   * verified before the last byte of the blob goes out.
   * @throws RemoteError when the upstream refused or failed before that; what `chooseRange` throws; OciError `busy` once
   *   `close` was called, unless the blob is on its way already
   */
  async open(request: OpenRequest): Promise<OpenBlob> {
    const current = this.#find(request);
    if (this.#isEnding && current === undefined) throw goingDown();
    if (this.#parts.now() < this.#passesUntil) return await this.#passThrough(request);
    const download = current ?? this.#begin(request);
    const leave = download.takeSeat();
    try {
      const outcome = await download.outcome(request.signal);
      switch (outcome.kind) {
        case "growing":
          return this.#read(outcome.growth, request, leave);
        case "passing":
          return await this.#passThrough(request, download.takeFirst(), leave);
        case "held":
          return await this.#openHeld(request, leave);
      }
    } catch (error) {
      leave();
      throw this.#closing.signal.aborted ? goingDown(error) : error;
    }
  }

  /** The size of a blob that is whole and verified, though not kept yet: nobody has to be asked for it any more. */
  wholeSize(wanted: Pick<OpenRequest, "repository" | "digest">): number | undefined {
    return this.#find(wanted)?.wholeSize;
  }

  /** Removes what dead processes left; at start, and again and again. */
  async sweep(signal: AbortSignal): Promise<void> {
    await sweepSpool(this.#parts, signal);
  }

  /**
   * Begins nothing any more, ends all downloads, and cleans up after them; readers get errors. With `grace` those that
   * run, whether or not somebody here reads them, are waited for until it fires.
   */
  async close(grace?: AbortSignal): Promise<void> {
    this.#isEnding = true;
    if (grace) await Promise.race([Promise.all([this.idle(), ...this.#passing]), fired(grace)]);
    this.#closing.abort(goingDown());
    for (const download of this.#running) download.stop("the server is going down");
    await this.idle();
  }

  /** Resolves when the blob is kept, or will not be; at once when it is not on its way here. */
  async settled(wanted: Pick<OpenRequest, "repository" | "digest">): Promise<void> {
    await this.#byBlob.get(keyOf(wanted))?.done;
  }

  /** Resolves when what runs now is over: readers may have all bytes of a blob some time before it is kept. */
  async idle(): Promise<void> {
    await Promise.all([...this.#running].map(({ done }) => done));
  }

  #find(wanted: Pick<OpenRequest, "repository" | "digest">): SharedDownload | undefined {
    const current = this.#byBlob.get(keyOf(wanted));
    return current?.isOpen ? current : undefined;
  }

  #begin(request: OpenRequest): SharedDownload {
    const { repository, digest, name, upstream, onCorrupt } = request;
    const key = keyOf(request);
    const wanted = { repository, digest, name, upstream, onCorrupt };
    const download = new SharedDownload(this.#parts, this.#timing, wanted, () => {
      this.#passesUntil = this.#parts.now() + this.#timing.storageRest;
    });
    this.#byBlob.set(key, download);
    this.#running.add(download);
    void download.done.then(() => {
      this.#running.delete(download);
      if (this.#byBlob.get(key) === download) this.#byBlob.delete(key);
    });
    return download;
  }

  #read(growth: Growth, { chooseRange }: OpenRequest, leave: () => void): OpenBlob {
    const { size } = growth;
    if (size === undefined) throw new Error("a download whose size is not known has nothing to read");
    const range = chooseRange?.(size);
    const part = { size, extent: extentOf(size, range) };
    return { body: new FillBody(growth, part, this.#buffers, leave), size, range, cache: fetched };
  }

  async #openHeld(request: OpenRequest, leave: () => void): Promise<OpenBlob> {
    const { repository, digest, chooseRange } = request;
    const blob = await this.#parts.local.open(repository, digest, chooseRange);
    // It was given up again in between.
    if (!blob) return await this.#passThrough(request, undefined, leave);
    leave();
    return { ...blob, cache: fetched };
  }

  /** @param first a transfer that was begun already, to be gone on with */
  async #passThrough(request: OpenRequest, first?: RemoteBlob, leave?: () => void): Promise<OpenBlob> {
    const { digest, chooseRange, onCorrupt = () => undefined } = request;
    const stop = new AbortController();
    const over = fired(stop.signal);
    this.#passing.add(over);
    const end = (): void => {
      this.#passing.delete(over);
      request.signal?.removeEventListener("abort", end);
      stop.abort(new Error("the reader left before the last byte"));
      leave?.();
    };
    request.signal?.addEventListener("abort", end);
    const signal = AbortSignal.any([this.#closing.signal, stop.signal]);
    if (first) addAbortSignal(signal, first.body);
    const transfer = { wanted: request, signal, pauses: this.#timing.pauses };
    try {
      request.signal?.throwIfAborted();
      const blob = first ?? (await beginTransfer(transfer));
      const size = blob.size ?? (await this.#askSize(request, signal));
      const range = chooseRange?.(size);
      const chunks = steadyTransfer(transfer, { ...blob, size });
      const passing = { digest, size, extent: extentOf(size, range), chunks, onCorrupt, onClose: end };
      request.signal?.removeEventListener("abort", end);
      return { body: new PassingBody(passing), size, range, cache: passed };
    } catch (error) {
      end();
      request.signal?.throwIfAborted();
      throw error;
    }
  }

  async #askSize({ upstream, name, digest }: OpenRequest, signal: AbortSignal): Promise<number> {
    const { size } = await upstream.statBlob(name, digest, { signal });
    if (size !== undefined) return size;
    throw new RemoteError(
      "failing",
      "the upstream does not say how long the blob is, and there is no room to find out",
    );
  }
}

function keyOf({ repository, digest }: Pick<OpenRequest, "repository" | "digest">): string {
  return `${repository}@${digest}`;
}

/** REQ-48: clients go on to their next host at once. */
function goingDown(cause?: unknown): OciError {
  return new OciError("busy", { detail: { reason: "the server is going down" }, cause });
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
