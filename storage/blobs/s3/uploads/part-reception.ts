// The bytes of one append, cut into parts that are sent while the next ones arrive. What counts is the beginning without
// a gap: `state` moves over parts as all before them are in the bucket, and over the rest at the end.
//
//   source ──▶ hash ──▶ part ──full──▶ slot ──▶ UploadPart ┐
//                        │                      UploadPart ┴─▶ state.offset
//                        └──end of append──▶ tail ─────────────▶ state.offset
import type { Digester, Digests } from "../../../digest.ts";
import { isStorageError } from "../../../storage-error.ts";
import type { CheckpointClock } from "../../checkpoint-clock.ts";
import type { SourceReader } from "../../source-reader.ts";
import { bytesOfPart, mayBeShort, planParts, type PartPlan } from "./part-plan.ts";
import { blobKey, tailKey, tailSlots, type TailSlot } from "../s3-layout.ts";
import {
  maxEtagCharacters,
  maxEtags,
  maxInlineBytes,
  partCount,
  type S3UploadState,
} from "./s3-upload-state.ts";
import type { PartFile } from "./spool.ts";
import { ensureMultipart, spillEtags, startPart, type UploadSurroundings } from "./upload-parts.ts";

interface Flight {
  readonly end: number;
  readonly digests: Digests;
  readonly landing: Promise<void>;
  etag?: string;
}

export interface ReceptionOptions {
  readonly state: S3UploadState;
  /** Has seen the bytes up to the state's offset; absent when nobody has any more. */
  readonly digester: Digester | undefined;
  /** Length of the whole upload as far as it was announced. */
  readonly knownBytes: number | undefined;
}

/** What a closing append leaves for the commit: the part after the last. */
export interface ClosingPart {
  readonly part: PartFile;
  /** Length of the whole upload. */
  readonly end: number;
  readonly digests: Digests;
}

export class PartReception {
  state: S3UploadState;
  readonly #around: UploadSurroundings;
  readonly #options: ReceptionOptions;
  readonly #plan: PartPlan;
  /** Of the append's beginning, which it may have to go back to. */
  readonly #firstSlot: TailSlot | undefined;
  #part: PartFile | undefined;
  #position: number;
  /** The part being filled. */
  #number: number;
  #flights: Flight[] = [];
  /** What was begun and is waited for by nobody, since the lease was lost meanwhile. */
  #abandoned: Promise<unknown> | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #silentAt = -1;
  #wakeUp: () => void = () => undefined;

  constructor(around: UploadSurroundings, options: ReceptionOptions) {
    const { state, knownBytes } = options;
    this.#around = around;
    this.#options = options;
    this.state = state;
    this.#plan = state.multipart?.plan ?? planParts(around.plan, knownBytes);
    this.#firstSlot = state.tail?.kind === "object" ? state.tail.slot : undefined;
    this.#position = state.offset;
    this.#number = partCount(state) + 1;
  }

  /** Lets the reception look at the clock while it waits for the bucket. */
  readonly wake = (): void => this.#wakeUp();

  /** Takes all that `reader` brings, and makes it durable unless `closing`. */
  async receive(
    reader: SourceReader,
    clock: CheckpointClock,
    closing: boolean,
  ): Promise<ClosingPart | undefined> {
    try {
      this.#part = await this.#patiently(startPart(this.#around, this.state), clock, (part) => part.close());
      for (let chunk = await reader.next(); chunk; chunk = await reader.next()) {
        await this.#take(chunk, clock);
        if (clock.due) await this.#checkpoint(clock);
      }
      await this.#patiently(this.#land(), clock);
      if (closing && !reader.failure) return await this.#closingPart();
      const aborted = isStorageError(reader.failure?.cause, "gone");
      if (aborted || isStorageError(reader.failure, "length")) return undefined;
      if (clock.overdue) await this.#checkpoint(clock);
      await this.#keepRest(clock);
      return undefined;
    } finally {
      // Only then the state tells all that is in the bucket, and can be removed from there.
      await this.#abandoned;
      await Promise.allSettled(this.#flights.map(({ landing }) => landing));
      await this.#part?.close();
    }
  }

  /** The hash of the bytes up to the state's offset, if it is that. */
  get digester(): Digester | undefined {
    return this.#position === this.state.offset ? this.#options.digester : undefined;
  }

  async #take(chunk: Buffer, clock: CheckpointClock): Promise<void> {
    for (let rest = chunk; rest.length > 0;) {
      const room = bytesOfPart(this.#plan, this.#number) - this.#filled().size;
      if (room <= 0) {
        await this.#send(clock);
        continue;
      }
      const bytes = rest.subarray(0, room);
      await this.#filled().append(bytes);
      this.#options.digester?.update(bytes);
      this.#position += bytes.length;
      rest = rest.subarray(bytes.length);
    }
  }

  /** Sends the part in hand as soon as there is a slot. */
  async #send(clock: CheckpointClock): Promise<void> {
    if (clock.overdue) await this.#checkpoint(clock);
    await this.#patiently(this.#makeRoom(), clock);
    await this.#patiently(this.#around.slots.take(), clock, () => this.#around.slots.release());
    this.#launch();
  }

  /** The slot is held; the part is given away. */
  #launch(): void {
    const { bucket, slots } = this.#around;
    const [part, number] = [this.#filled(), this.#number];
    const upload = async (): Promise<void> => {
      try {
        await part.settle();
        flight.etag = (await bucket.uploadPart(this.#multipart(), number, part)).etag;
        this.#advance();
      } catch (reason) {
        this.#failure ??= { reason };
      } finally {
        slots.release();
        await part.close();
        this.#wakeUp();
      }
    };
    const flight: Flight = {
      end: this.#position,
      digests: this.#digests(),
      landing: Promise.resolve().then(upload),
    };
    this.#flights.push(flight);
    this.#part = undefined;
    this.#number += 1;
  }

  /** Counts what has arrived without a gap. */
  #advance(): void {
    for (let first = this.#flights[0]; first?.etag !== undefined; first = this.#flights[0]) {
      const etags = [...this.state.etags, first.etag];
      this.state = { ...this.state, offset: first.end, digests: first.digests, etags, tail: undefined };
      this.#flights.shift();
    }
  }

  async #makeRoom(): Promise<void> {
    this.#refuseFailed();
    this.state = await ensureMultipart(this.#around, this.state, this.#options.knownBytes);
    const { etags } = this.state;
    // Flights add to the list when they land.
    const count = etags.length + this.#flights.length;
    if (count < maxEtags && etags.join("").length < maxEtagCharacters) return;
    await this.#land();
    this.state = await spillEtags(this.#around, this.state);
  }

  async #land(): Promise<void> {
    await Promise.all(this.#flights.map(({ landing }) => landing));
    this.#refuseFailed();
  }

  /** At a checkpoint the rest is kept only when that is cheap: it was small, has doubled, or nothing more comes. */
  async #checkpoint(clock: CheckpointClock): Promise<void> {
    this.#refuseFailed();
    const { size } = this.#filled();
    const silent = this.#silentAt === this.#position;
    this.#silentAt = this.#position;
    const worthIt = size <= maxInlineBytes || silent || size >= 2 * (this.state.tail?.bytes ?? size);
    if (this.#flights.length === 0 && worthIt && this.#position > this.state.offset && !clock.overdue)
      await this.#patiently(this.#storeTail({ asPart: false }), clock);
    await clock.checkpoint();
  }

  /** The end of an append: nothing of it is in memory alone. */
  async #keepRest(clock: CheckpointClock): Promise<void> {
    if (this.#position === this.state.offset && this.state.tail?.kind !== "object") return;
    const { size } = this.#filled();
    if (size > maxInlineBytes && mayBeShort(this.#plan, this.#number, size)) {
      await this.#send(clock);
      await this.#patiently(this.#land(), clock);
    } else if (this.#position > this.state.offset || size > maxInlineBytes) {
      await this.#patiently(this.#storeTail({ asPart: true }), clock);
    }
  }

  /** @param asPart send it as the last part, too: if the upload is closed now, nothing has to be sent or read any more */
  async #storeTail({ asPart }: { asPart: boolean }): Promise<void> {
    const part = this.#filled();
    await part.settle();
    const bytes = part.size;
    const reached = { offset: this.#position, digests: this.#digests() };
    const opened = part.open();
    if (bytes <= maxInlineBytes && Buffer.isBuffer(opened)) {
      const tail = { kind: "inline", bytes, content: opened.toString("base64") } as const;
      this.state = { ...this.state, ...reached, tail: bytes > 0 ? tail : undefined };
      return;
    }
    if (!Buffer.isBuffer(opened)) opened.destroy();
    const { bucket, slots } = this.#around;
    const current = this.state.tail?.kind === "object" ? this.state.tail.slot : undefined;
    const slot = tailSlots.find((free) => free !== current && free !== this.#firstSlot) ?? 0;
    await slots.run(async () => {
      if (asPart) await this.#makeRoom();
      this.state = { ...this.state, tailed: true };
      const sent = asPart ? bucket.uploadPart(this.#multipart(), this.#number, part) : undefined;
      const stored = bucket.put(tailKey(this.state.id, slot), part);
      await Promise.allSettled([sent, stored]);
      await stored;
      const etag = (await sent)?.etag;
      this.state = { ...this.state, ...reached, tail: { kind: "object", bytes, slot, etag } };
    });
  }

  async #closingPart(): Promise<ClosingPart> {
    const part = this.#filled();
    await part.settle();
    this.#part = undefined;
    return { part, end: this.#position, digests: this.#digests() };
  }

  /**
   * Waits for `work`, and renews the lease meanwhile. When the lease is lost, what comes of it after all is undone by
   * `undo`, or else waited for at the end.
   */
  async #patiently<T>(work: Promise<T>, clock: CheckpointClock, undo?: (result: T) => unknown): Promise<T> {
    const done = work.then(
      () => true,
      () => true,
    );
    try {
      for (let isDone = false; !isDone;) {
        const woken = new Promise<false>((resolve) => (this.#wakeUp = () => resolve(false)));
        isDone = await Promise.race([done, woken]);
        if (!isDone && clock.due) await clock.checkpoint();
      }
    } catch (error) {
      if (undo) void work.then(undo).catch(() => undefined);
      else this.#abandoned = done;
      throw error;
    }
    return await work;
  }

  #filled(): PartFile {
    return (this.#part ??= this.#around.spool.startPart());
  }

  #multipart() {
    const { id, multipart } = this.state;
    if (!multipart) throw new Error("parts are sent before there is a multipart upload");
    return { key: blobKey(id), uploadId: multipart.uploadId };
  }

  #digests(): Digests {
    return this.#options.digester?.digests() ?? {};
  }

  #refuseFailed(): void {
    if (this.#failure) throw this.#failure.reason;
  }
}
