// What a scenario works with: how long and how large, a folder of its own, servers that end with it.
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeLargeDatabase, type LargeDatabase } from "./large-database.ts";
import { makeLargeFile, type LargeFile } from "./large-file.ts";
import { startBerth, type BerthServer, type BerthSettings } from "./servers/berth-server.ts";
import { startProgram, type Program } from "./servers/program.ts";
import type { Server } from "./servers/server.ts";

/** How much of everything. */
export interface Pace {
  /** Of one measurement of many small requests. */
  readonly seconds: number;
  /** Of a large blob. */
  readonly mebibytes: number;
  /** The store in which pages and garbage are looked for. */
  readonly repositories: number;
}

export const fullPace: Pace = { seconds: 3, mebibytes: 1024, repositories: 100_000 };
export const quickPace: Pace = { seconds: 1, mebibytes: 128, repositories: 10_000 };

/** What is made once, when a scenario asks for it, and used by several. */
export class Shared {
  readonly folder: string;
  readonly pace: Pace;
  /** Registries of others. They run all the time, and are idle unless asked. */
  readonly peers: readonly Server[];
  #database: Promise<LargeDatabase> | undefined;
  readonly #files = new Map<number, Promise<LargeFile>>();

  constructor(folder: string, pace: Pace, peers: readonly Server[]) {
    this.folder = folder;
    this.pace = pace;
    this.peers = peers;
  }

  largeDatabase(): Promise<LargeDatabase> {
    return (this.#database ??= makeLargeDatabase(this.folder, this.pace.repositories));
  }

  largeFile(mebibytes: number): Promise<LargeFile> {
    const made = this.#files.get(mebibytes) ?? makeLargeFile(this.folder, mebibytes);
    this.#files.set(mebibytes, made);
    return made;
  }
}

export class Bench {
  readonly pace: Pace;
  readonly peers: readonly Server[];
  readonly folder: string;
  readonly shared: Shared;
  readonly #closing: (() => Promise<unknown>)[] = [];

  private constructor(shared: Shared, folder: string) {
    this.pace = shared.pace;
    this.peers = shared.peers;
    this.shared = shared;
    this.folder = folder;
  }

  static async open(shared: Shared): Promise<Bench> {
    return new Bench(shared, await mkdtemp(join(shared.folder, "scenario-")));
  }

  /** A Berth of its own, with an empty data folder unless told otherwise; configured by its environment variables. */
  async startBerth(settings: BerthSettings = {}): Promise<BerthServer> {
    const folder = await mkdtemp(join(this.folder, "berth-"));
    return this.closeLater(await startBerth(folder, settings));
  }

  /** One of the programs of this folder, as a process of its own. */
  async startProgram(name: string, ...args: string[]): Promise<Program> {
    return this.closeLater(await startProgram(name, args));
  }

  /** Closes it when the scenario is over, after what was opened later. */
  closeLater<T extends { close(): Promise<unknown> }>(closable: T): T {
    this.#closing.push(() => closable.close());
    return closable;
  }

  async close(): Promise<void> {
    for (let close = this.#closing.pop(); close; close = this.#closing.pop()) {
      await close().catch((error: unknown) => console.error(error));
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
