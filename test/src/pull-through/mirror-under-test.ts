// The rules of the mirror over real stores in memory and an upstream that is told what to do.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryBlobStore } from "../../../storage/blobs/memory-blob-store.ts";
import type { Visibility } from "../../../storage/metadata/access-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { SharedDownloads } from "../../../src/pull-through/fills/shared-downloads.ts";
import type { MirrorAnswer } from "../../../src/pull-through/mirror-events.ts";
import { OrderedSources } from "../../../src/pull-through/ordered-sources.ts";
import { createPullThroughRegistry } from "../../../src/pull-through/pull-through-registry.ts";
import { UpstreamMap } from "../../../src/pull-through/upstream-map.ts";
import type { MirrorSettings, UpstreamSettings } from "../../../src/pull-through/upstream-settings.ts";
import { parseReference, type Reference } from "../../../src/oci/reference.ts";
import { parseRepositoryName, type RepositoryName } from "../../../src/oci/repository-name.ts";
import { createLocalRegistry } from "../../../src/registry/local-registry.ts";
import { ScriptedUpstream } from "./scripted-upstream.ts";
import { mirrorSettings, upstreamSettings } from "./settings.ts";

export interface MirrorOptions {
  readonly upstream?: Partial<UpstreamSettings>;
  readonly mirror?: Partial<MirrorSettings>;
  /** All repositories unless given. */
  readonly sharedWith?: (upstream: string) => Visibility;
}

/** `up.example/app` is the upstream's `app`. */
export async function openMirror({ upstream: given, mirror: rest, sharedWith }: MirrorOptions = {}) {
  const clock = { seconds: 1_700_000_000 };
  const now = () => clock.seconds * 1000;
  const ids = { last: 0 };
  const newId = () => `id-${(ids.last += 1)}`;
  const spoolDirectory = await mkdtemp(join(tmpdir(), "berth-mirror-"));
  const upstream = new ScriptedUpstream();
  const settings = mirrorSettings({ upstreams: [upstreamSettings(given)], spoolDirectory, ...rest });
  const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
  const blobStore = new MemoryBlobStore();
  const uploads = { leaseSeconds: 10, expirySeconds: 60 };
  const gc = { graceSeconds: 86_400 };
  const local = createLocalRegistry({ blobStore, metadata, uploads, gc, now, newId });
  const { backoffSeconds } = settings;
  const sourceOptions = { connect: () => upstream, backoffSeconds, attemptSeconds: 1, now };
  const map = new UpstreamMap(
    settings.upstreams,
    ({ sources }) => new OrderedSources(sources, sourceOptions),
  );
  const downloads = new SharedDownloads({
    ...{ blobStore, mirror: metadata.mirror, local: local.blobs, spoolDirectory, finishAbandoned: true },
    ...{ admit: async () => "keep" as const, now, newId, onProblem: () => undefined },
    timing: { pauses: [] },
  });
  const answers: MirrorAnswer[] = [];
  const pulled: string[] = [];
  const registry = createPullThroughRegistry({
    ...{ local, metadata, map, settings, downloads, now },
    sharedWith: sharedWith ?? (() => ({ kind: "all" })),
    pulled: (repository, digest) => void pulled.push(`${repository}@${digest}`),
    events: { answered: (_, outcome) => void answers.push(outcome), asked: () => undefined },
  });
  return {
    ...{ registry, local, metadata, upstream, clock, answers, pulled },
    close: async () => {
      await downloads.close();
      await metadata.close();
      await rm(spoolDirectory, { recursive: true });
    },
  };
}

export type MirrorUnderTest = Awaited<ReturnType<typeof openMirror>>;

export function repositoryNamed(text: string): RepositoryName {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return name;
}

export function referenceTo(text: string): Reference {
  const reference = parseReference(text);
  if (reference === undefined) throw new Error(`${text} is no reference`);
  return reference;
}
