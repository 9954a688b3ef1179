// What the composition roots of the command line share: they open what exists, make nothing, and may run beside a server.
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { AuditTrail } from "../../auth/audit-trail.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import { openMetadataStore, type MetadataStoreOptions } from "../../storage/metadata/open-metadata-store.ts";
import type { Config } from "../config/load-config.ts";

export interface OnExistingData {
  readonly trail: Pick<AuditTrail, "write">;
  close(): Promise<void>;
}

export type ExistingDataOptions = Omit<MetadataStoreOptions, "kind" | "path"> & {
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

export interface Built<T> {
  readonly tools: T;
  /** Closes what was opened for the tools, which is before the database is. */
  readonly close?: () => Promise<void>;
}

/**
 * A mistyped data directory shall not become a new, empty one.
 * @throws Error with code ENOENT when there is no database yet, and whatever opening the stores throws
 */
export async function onExistingData<T extends object>(
  config: Config,
  options: ExistingDataOptions,
  build: (metadata: MetadataStore) => Promise<Built<T>>,
): Promise<T & OnExistingData> {
  const { path } = config.storage.metadata.sqlite;
  await stat(path);
  const metadata = await openMetadataStore({ kind: "sqlite", path, ...options });
  try {
    const { tools, close } = await build(metadata);
    const { now } = options;
    return {
      ...tools,
      // only `write` is used here, and what fails there is thrown
      trail: new AuditTrail({ store: metadata.access.audit, now, onProblem: () => undefined }),
      close: async () => {
        await close?.();
        await metadata.close();
      },
    };
  } catch (error) {
    await metadata.close();
    throw error;
  }
}

export interface Waiting {
  readonly signal: AbortSignal;
  /** Told again and again while a run goes on elsewhere, which is waited for. */
  readonly onWait: () => void;
}

const turnMilliseconds = 250;

/** The run that began when it was its turn. @throws the signal's reason when that fires before */
export async function inTurn<T>(
  begin: () => Promise<T | undefined>,
  { signal, onWait }: Waiting,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const run = await begin();
    if (run !== undefined) return run;
    onWait();
    await sleep(turnMilliseconds, undefined, { signal }).catch(() => undefined);
  }
}
