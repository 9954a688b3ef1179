// One blob on its way into one repository, as this process sees it: either it downloads, or it follows the process that
// does, and takes over from one that died. Everybody here who asks for the blob has a seat.
//
//   claim the row ──claimed──▶ held by now? ──no──▶ upstream answers ──▶ room? ──keep──▶ spool and store ──▶ verified
//        ▲   │                      └─yes─▶ held               └─no─▶ fails  └─pass─▶ each on his own
//        │   └──somebody's──▶ follow ──▶ held
//        └──────── over, dead, taken over, or wrong while nobody had a byte of it ◀──┘
import { open, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { fileOperations, removeFile } from "../../../storage/blobs/filesystem/file-operations.ts";
import type { FillRecord } from "../../../storage/metadata/mirror-store.ts";
import { makeFolders } from "../../../storage/make-folders.ts";
import { RemoteError } from "../../remote/remote-error.ts";
import type { RemoteBlob } from "../../remote/upstream.ts";
import type { DownloadParts, DownloadTiming, WantedBlob } from "./download-parts.ts";
import { FillLease } from "./fill-lease.ts";
import { followFill } from "./follow-fill.ts";
import { Growth } from "./growth.ts";
import { keepBlob } from "./keep-blob.ts";
import { Outcome, type DownloadOutcome } from "./outcome.ts";
import { beginTransfer } from "./steady-transfer.ts";
import { spoolSuffix } from "./sweep-spool.ts";

export class SharedDownload {
  /** Settles when nothing goes on any more; never rejects. */
  readonly done: Promise<void>;
  readonly #parts: DownloadParts;
  readonly #timing: DownloadTiming;
  readonly #wanted: WantedBlob;
  readonly #stop = new AbortController();
  readonly #outcome = new Outcome();
  readonly #files: FileHandle[] = [];
  /** The one that readers follow. */
  #growth: Growth | undefined;
  /** The one that this process writes under the lease that it has now. */
  #own: Growth | undefined;
  #first: RemoteBlob | undefined;
  #seats = 0;
  #isFollowing = false;
  #wasCorrupt = false;
  #whyStopped = "";
  #isOver = false;

  /** Begins at once. `onStorageFailure` is told when our own storage did not take the blob. */
  constructor(
    parts: DownloadParts,
    timing: DownloadTiming,
    wanted: WantedBlob,
    onStorageFailure: () => void,
  ) {
    this.#parts = parts;
    this.#timing = timing;
    this.#wanted = wanted;
    this.done = this.#run(onStorageFailure);
  }

  /** Whether somebody may still take a seat. */
  get isOpen(): boolean {
    return !this.#isOver && !this.#stop.signal.aborted;
  }

  get wholeSize(): number | undefined {
    return this.#growth?.verified === true ? this.#growth.size : undefined;
  }

  /** Keeps all that a reader needs until the function that this gives is called, however often. */
  takeSeat(): () => void {
    this.#seats += 1;
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#seats -= 1;
      if (this.#seats > 0) return;
      if (this.#isOver) void this.#dispose();
      else if (this.#isFollowing || this.#endsAbandoned) this.stop("nobody waits for it any more");
    };
  }

  /** What there is for readers, as soon as there is a first byte for them. @throws what the download failed with */
  outcome(signal: AbortSignal | undefined): Promise<DownloadOutcome> {
    return this.#outcome.wait(signal);
  }

  /** The transfer that was begun before it was known that nothing would be kept: for one reader, who asks first. */
  takeFirst(): RemoteBlob | undefined {
    const first = this.#first;
    this.#first = undefined;
    return first;
  }

  stop(why: string): void {
    this.#whyStopped = `the download was ended: ${why}`;
    this.#stop.abort(new Error(this.#whyStopped));
  }

  async #run(onStorageFailure: () => void): Promise<void> {
    try {
      while (!(await this.#goOn())) this.#stop.signal.throwIfAborted();
      this.#growth?.fail(new Error("the download went on elsewhere, and is over"));
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)), onStorageFailure);
    }
    this.#isOver = true;
    if (this.#seats === 0) await this.#dispose();
  }

  /** False when it has to begin again: somebody else stopped, or took over from us. */
  async #goOn(): Promise<boolean> {
    const { mirror, now, newId, spoolDirectory } = this.#parts;
    const { repository, digest } = this.#wanted;
    const holder = newId();
    const fill = {
      ...{ repository, digest, holder, path: path.join(spoolDirectory, `${holder}${spoolSuffix}`) },
      leaseUntil: now() + this.#timing.lease,
    };
    const claim = await mirror.fills.claim(fill, now());
    if (claim.outcome === "held") return await this.#follow(claim.fill);
    this.#own = undefined;
    const lease = this.#holdLease(holder);
    try {
      if (claim.deadPath !== undefined) await this.#removeSpool(claim.deadPath);
      return await this.#lead(fill.path, lease);
    } finally {
      await this.#removeSpool(fill.path);
      await lease.end();
    }
  }

  async #follow(fill: FillRecord): Promise<boolean> {
    if (this.#seats === 0) this.stop("nobody waits for it any more");
    this.#isFollowing = true;
    try {
      const onGrowth = (growth: Growth): void => this.#adopt(growth);
      const { signal } = this.#stop;
      signal.throwIfAborted();
      const pollMilliseconds = this.#timing.poll;
      const following = { parts: this.#parts, wanted: this.#wanted, pollMilliseconds, signal, onGrowth };
      if ((await followFill(following, fill)) === "over") return false;
      this.#outcome.settle(
        this.#growth?.verified ? { kind: "growing", growth: this.#growth } : { kind: "held" },
      );
      return true;
    } finally {
      this.#isFollowing = false;
    }
  }

  async #lead(spoolPath: string, lease: FillLease): Promise<boolean> {
    const { local, admit } = this.#parts;
    const wanted = this.#wanted;
    // Another process may have been faster than our claim.
    if (await local.stat(wanted.repository, wanted.digest)) return this.#outcome.settle({ kind: "held" });
    const [halt, over] = [new AbortController(), new AbortController()];
    const signal = AbortSignal.any([this.#stop.signal, lease.lost, halt.signal]);
    const transfer = { wanted, signal, pauses: this.#timing.pauses };
    try {
      const blob = await beginTransfer(transfer);
      if ((await admit(blob.size, over.signal)) === "pass") return this.#passOn(blob);
      const growth = await this.#openSpool(spoolPath, blob);
      const keeping = { parts: this.#parts, wanted, blob, growth, spoolPath, transfer, halt };
      await keepBlob({ ...keeping, over: over.signal });
      return true;
    } catch (error) {
      halt.abort(error);
      if (lease.lost.aborted) return false;
      if (error instanceof RemoteError && error.failure === "corrupt" && this.#mayBeginAnew()) return false;
      throw error;
    } finally {
      over.abort();
    }
  }

  /** Wrong content is fetched once more, as long as nobody has a byte of it. */
  #mayBeginAnew(): boolean {
    const isFirst = !this.#wasCorrupt && this.#growth?.readable === 0;
    this.#wasCorrupt = true;
    this.#wanted.onCorrupt?.();
    return isFirst;
  }

  /** What is whole is kept in any case. */
  get #endsAbandoned(): boolean {
    return !this.#parts.finishAbandoned && this.#own?.verified !== true;
  }

  #passOn(blob: RemoteBlob): true {
    this.#first = blob;
    return this.#outcome.settle({ kind: "passing" });
  }

  async #openSpool(spoolPath: string, blob: RemoteBlob): Promise<Growth> {
    await makeFolders(this.#parts.spoolDirectory);
    const growth = new Growth(await open(spoolPath, "wx+"), blob.size);
    this.#own = growth;
    this.#adopt(growth);
    return growth;
  }

  /** Readers of the growth before go on with this one. */
  #adopt(growth: Growth): void {
    this.#files.push(growth.file);
    this.#growth?.replaceBy(growth);
    this.#growth = growth;
    const begun = growth.until(() => (growth.readable > 0 || growth.verified ? true : undefined));
    begun.then(
      () => this.#outcome.settle({ kind: "growing", growth }),
      () => undefined,
    );
  }

  #holdLease(holder: string): FillLease {
    const progress = (): { offset: number; size: number | undefined } => ({
      offset: this.#own?.readable ?? 0,
      size: this.#own?.size,
    });
    // The sweep takes files that nobody touches for those of the dead.
    const touch = async (): Promise<void> => {
      const now = new Date(this.#parts.now());
      await this.#own?.file.utimes(now, now);
    };
    return new FillLease(this.#parts, this.#timing, this.#wanted, { holder, progress, onRenewed: touch });
  }

  async #removeSpool(file: string): Promise<void> {
    try {
      await removeFile(fileOperations, file);
    } catch (error) {
      this.#parts.onProblem(error, "the spool file of a download could not be removed");
    }
  }

  /** Readers get the error; those who wait for their first byte are served without our storage, when that is to blame. */
  #fail(cause: Error, onStorageFailure: () => void): void {
    const { aborted } = this.#stop.signal;
    const error = aborted ? new Error(this.#whyStopped, { cause }) : cause;
    if (!aborted && !(error instanceof RemoteError)) {
      this.#parts.onProblem(error, "a download could not be kept; the next ones pass through");
      onStorageFailure();
      this.#outcome.settle({ kind: "passing" });
    }
    this.#outcome.fail(error);
    this.#growth?.fail(error);
  }

  async #dispose(): Promise<void> {
    this.takeFirst()?.body.destroy();
    for (const file of this.#files.splice(0)) {
      await file.close().catch((error: unknown) => {
        this.#parts.onProblem(error, "a spool file could not be closed");
      });
    }
  }
}
