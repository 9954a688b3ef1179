// The mirror store on a database of SQL: which of its methods is which command, and which of them only read.
import type { CommandRunner } from "./command-runner.ts";
import { commitCachedBlob, commitCachedManifest, linkCachedBlob } from "./commands/cached-content.ts";
import { listCachedByPull, listCachedManifests, listCachedRepositories } from "./commands/cached-listings.ts";
import { touchCached } from "./commands/cached-marks.ts";
import { confirmTag, findCachedTag } from "./commands/cached-tags.ts";
import { cachedUsage, cachedUsageByUpstream } from "./commands/cached-usage.ts";
import { evictLooseLinks, evictManifest, findLooseLinks } from "./commands/eviction.ts";
import { bytesUnderWay, claimFill, endFill, findFill, saveFill, takeDeadFills } from "./commands/fills.ts";
import { addPin, listPins, removePin } from "./commands/pins.ts";
import type { CachedContent, CachedTags, Eviction, Fills, MirrorStore, Pins } from "./mirror-store.ts";

export class SqlMirrorStore implements MirrorStore {
  readonly tags: CachedTags;
  readonly content: CachedContent;
  readonly eviction: Eviction;
  readonly fills: Fills;
  readonly pins: Pins;

  constructor(runner: CommandRunner) {
    this.tags = {
      find: (repository, tag) => runner.read(() => findCachedTag(repository, tag)),
      confirm: (repository, tag, digest, now) => runner.write(() => confirmTag(repository, tag, digest, now)),
    };
    this.content = contentOver(runner);
    this.eviction = evictionOver(runner);
    this.fills = fillsOver(runner);
    this.pins = {
      list: () => runner.read(() => listPins()),
      add: (pattern, now) => runner.write(() => addPin(pattern, now)),
      remove: (pattern) => runner.write(() => removePin(pattern)),
    };
  }
}

function contentOver(runner: CommandRunner): CachedContent {
  return {
    commitManifest: (commit) => runner.write(() => commitCachedManifest(commit)),
    commitBlob: (commit) => runner.write(() => commitCachedBlob(commit)),
    linkBlob: (link) => runner.write(() => linkCachedBlob(link)),
    touch: (pulled, now) => runner.write(() => touchCached(pulled, now)),
    usageByUpstream: () => runner.read(() => cachedUsageByUpstream()),
    listManifests: (repository, page) => runner.read(() => listCachedManifests(repository, page)),
    listRepositories: (page) => runner.read(() => listCachedRepositories(page)),
  };
}

function evictionOver(runner: CommandRunner): Eviction {
  return {
    usage: () => runner.read(() => cachedUsage()),
    listByPull: (options) => runner.read(() => listCachedByPull(options)),
    evictManifest: (manifest, options) => runner.write(() => evictManifest(manifest, options)),
    evictLooseBlobs: async ({ before, limit, ...discarding }) => {
      // looked for without holding up writers, and looked at once more in the step that evicts
      const loose = await runner.read(() => findLooseLinks(before, limit));
      if (loose.length === 0) return { blobs: 0, bytes: 0 };
      return runner.write(() => evictLooseLinks(loose, before, discarding));
    },
  };
}

function fillsOver(runner: CommandRunner): Fills {
  return {
    claim: (fill, now) => runner.write(() => claimFill(fill, now)),
    find: (repository, digest) => runner.read(() => findFill(repository, digest)),
    save: (repository, digest, progress) => runner.write(() => saveFill(repository, digest, progress)),
    end: (repository, digest, holder) => runner.write(() => endFill(repository, digest, holder)),
    takeDead: (now) => runner.write(() => takeDeadFills(now)),
    bytesUnderWay: (now) => runner.read(() => bytesUnderWay(now)),
  };
}
