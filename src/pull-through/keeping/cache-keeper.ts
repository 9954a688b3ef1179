// What stays in the cache and what goes (REQ-32): makes room before something is fetched, and sees to it from time to
// time that nothing is kept that nobody pulls. What was pushed is never touched; see Eviction in storage.
import type { Digest } from "../../../storage/digest.ts";
import type { CachedManifest, MirrorStore } from "../../../storage/metadata/mirror-store.ts";
import { PullNotes } from "../../registry/pull-notes.ts";
import type { MirrorSettings } from "../upstream-settings.ts";
import { CachedBytes } from "./cached-bytes.ts";
import { FreeRoom, type FreeRoomParts } from "./free-room.ts";
import { pinnedBy } from "./pinned-images.ts";

export type KeepingSettings = Pick<
  MirrorSettings,
  "maxBytes" | "lowWater" | "idleSeconds" | "pins" | "minFreeBytes" | "spoolDirectory"
>;

export interface CacheKeeperParts {
  readonly mirror: MirrorStore;
  readonly settings: KeepingSettings;
  /** How long the bytes of what was evicted stay for those who read them. */
  readonly readingGraceMilliseconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onProblem: (error: unknown, what: string) => void;
  readonly freeBytes?: FreeRoomParts["freeBytes"];
}

const batch = 100;
/** A download may be a while ahead of the manifest that names it. */
const looseSeconds = 3600;
const noteStepSeconds = 3600;
/** After nothing more could go, nobody tries again for so long. */
const stuckMilliseconds = 10_000;

export class CacheKeeper {
  /** As a job. */
  readonly name = "cached-content";
  readonly everySeconds = 60;
  /** For the notes. To evict twice at once does no harm. */
  readonly inEachProcess = true;
  readonly #parts: CacheKeeperParts;
  readonly #notes: PullNotes;
  readonly #room: FreeRoom;
  readonly #bytes: CachedBytes;
  #settings: KeepingSettings;
  #stuckUntil = -Infinity;
  /** One eviction at a time: the next one finds the room that this one made. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: CacheKeeperParts) {
    const { mirror, settings, now, onProblem, freeBytes } = parts;
    this.#parts = parts;
    this.#settings = settings;
    const stepSeconds = () => Math.min(noteStepSeconds, (this.#settings.idleSeconds ?? Infinity) / 4);
    this.#notes = new PullNotes({
      write: (pulled, at) => mirror.content.touch(pulled, at),
      ...{ stepSeconds, now, onProblem },
    });
    this.#bytes = new CachedBytes({ eviction: mirror.eviction, fills: mirror.fills, now });
    const minFreeBytes = () => this.#settings.minFreeBytes;
    const directory = settings.spoolDirectory;
    const bytesUnderWay = () => mirror.fills.bytesUnderWay(now());
    this.#room = new FreeRoom({
      ...{ directory, minFreeBytes, bytesUnderWay, now },
      ...(freeBytes && { freeBytes }),
    });
  }

  /** Other settings from now on, for what is cached already too; the next run or the next download applies them. */
  change(settings: KeepingSettings): void {
    this.#settings = settings;
    this.#stuckUntil = -Infinity;
  }

  /** Notes that somebody pulled a cached manifest or blob. */
  pulled(repository: string, digest: Digest): void {
    this.#notes.add({ repository, digest });
  }

  /**
   * What is to become of a blob of so many bytes (undefined: nobody knows) that is about to be fetched.
   * @param over fires when it is kept, or will not be
   */
  async admit(bytes: number | undefined, over: AbortSignal): Promise<"keep" | "pass"> {
    const isKept = (await this.#room.take(bytes ?? 0, over)) && (await this.makeRoom(bytes, over));
    return isKept ? "keep" : "pass";
  }

  /** Evicts until `bytes` more fit under the cap, and grants them to a download until it is `over`; false where they can't. */
  async makeRoom(bytes = 0, over?: AbortSignal): Promise<boolean> {
    const { maxBytes } = this.#settings;
    if (maxBytes === undefined) return true;
    if (bytes > maxBytes) return false;
    await this.#bytes.refresh();
    if (this.#grant(bytes, over)) return true;
    return this.#alone(async () => {
      if (this.#isStuck()) return this.#grant(bytes, over);
      await this.#bytes.count();
      if (this.#grant(bytes, over)) return true;
      await this.#evictDownTo(Math.min(this.#lowWater(maxBytes), maxBytes - bytes));
      return this.#grant(bytes, over);
    });
  }

  /** What a job does: notes are written, and what is idle, too much, or needed by nothing goes. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#notes.flush();
    const { idleSeconds, maxBytes } = this.#settings;
    if (idleSeconds !== undefined) {
      const before = this.#parts.now() - idleSeconds * 1000;
      await this.#evictManifests(before, () => !signal.aborted);
    }
    if (maxBytes !== undefined && !signal.aborted) {
      await this.#alone(async () => {
        await this.#bytes.count();
        const isTooMuch = this.#bytes.total > maxBytes && !this.#isStuck();
        if (isTooMuch) await this.#evictDownTo(this.#lowWater(maxBytes), signal);
      });
    }
    const loose = this.#parts.now() - Math.min(looseSeconds, idleSeconds ?? Infinity) * 1000;
    await this.#evictLooseBlobs(loose, () => !signal.aborted);
  }

  /** Writes the notes that are left. */
  async close(): Promise<void> {
    await this.#notes.flush();
  }

  #grant(bytes: number, over: AbortSignal | undefined): boolean {
    const { maxBytes } = this.#settings;
    if (maxBytes !== undefined && this.#bytes.total + bytes > maxBytes) return false;
    if (over !== undefined) this.#bytes.grant(bytes, over);
    return true;
  }

  #lowWater(maxBytes: number): number {
    return Math.floor(maxBytes * this.#settings.lowWater);
  }

  #isStuck(): boolean {
    return this.#parts.now() < this.#stuckUntil;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn;
    return turn;
  }

  /** Images first, the least recently pulled before others; then blobs that no image needs. */
  async #evictDownTo(bytes: number, signal?: AbortSignal): Promise<void> {
    const goesOn = () => this.#bytes.total > bytes && signal?.aborted !== true;
    await this.#notes.flush();
    await this.#evictManifests(this.#parts.now() + 1, goesOn);
    await this.#evictLooseBlobs(this.#parts.now() + 1, goesOn);
    if (goesOn()) this.#stuckUntil = this.#parts.now() + stuckMilliseconds;
  }

  async #evictManifests(before: number, goesOn: () => boolean): Promise<void> {
    const { eviction, pins } = this.#parts.mirror;
    const isPinned = pinnedBy([...this.#settings.pins, ...(await pins.list())]);
    // what is evicted, or pulled meanwhile, leaves the list; what is pinned stays in it
    let pinned = 0;
    for (let more = true; more && goesOn();) {
      const candidates = await eviction.listByPull({ limit: batch, offset: pinned, before });
      for (const candidate of candidates) {
        if (!goesOn()) return;
        if (isPinned(candidate)) pinned += 1;
        else await this.#evict(candidate);
      }
      more = candidates.length === batch;
    }
  }

  async #evict({ repository, digest, pulledAt }: CachedManifest): Promise<void> {
    const { eviction } = this.#parts.mirror;
    const options = { unlessPulledSince: pulledAt, ...this.#discarding() };
    this.#bytes.free((await eviction.evictManifest({ repository, digest }, options)) ?? 0);
  }

  async #evictLooseBlobs(before: number, goesOn: () => boolean): Promise<void> {
    for (let more = true; more && goesOn();) {
      const options = { before, limit: batch, ...this.#discarding() };
      const { blobs, bytes } = await this.#parts.mirror.eviction.evictLooseBlobs(options);
      this.#bytes.free(bytes);
      more = blobs === batch;
    }
  }

  #discarding(): { now: number; dueAt: number } {
    const now = this.#parts.now();
    return { now, dueAt: now + this.#parts.readingGraceMilliseconds };
  }
}
