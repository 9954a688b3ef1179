// The metadata store over any SQL database: says which command is which method, and which of them only read.
import type { AccessStore } from "./access-store.ts";
import { addBlobCopy, listBlobsToCopy, switchToCopies } from "./commands/blob-copies.ts";
import {
  commitBlob,
  commitWholeBlob,
  findBlob,
  locateBlob,
  markBlobDamaged,
  markBlobSound,
  mountBlob,
  unlinkBlob,
} from "./commands/blob-links.ts";
import { commitManifest } from "./commands/commit-manifest.ts";
import { deleteManifest } from "./commands/delete-manifest.ts";
import {
  addDiscardedObjects,
  forgetDiscardedObjects,
  listDiscardedObjects,
} from "./commands/discarded-objects.ts";
import {
  describeManifests,
  findManifestByDigest,
  findManifestByTag,
  listReferrers,
} from "./commands/manifests.ts";
import { isLocalRepository, listRepositories, repositoryExists } from "./commands/repositories.ts";
import { findKnownLocators, listStoredBlobs } from "./commands/stored-blobs.ts";
import { findJob, saveJob, takeJob } from "./commands/job-leases.ts";
import { releaseLeases, takeLeases } from "./commands/object-leases.ts";
import { restoreTag } from "./commands/restore-tag.ts";
import { listRemovedTags, listTagEvents } from "./commands/tag-events.ts";
import { deleteTag, listTags } from "./commands/tags.ts";
import { findBreach } from "./commands/quotas.ts";
import { listHolders, listStoredManifests, markManifestDamaged } from "./commands/stored-manifests.ts";
import { usageOfProject, usageOfRepository } from "./commands/usage.ts";
import {
  endUpload,
  findUpload,
  leaseUpload,
  listExpiredUploads,
  removeUpload,
  saveUpload,
  startUpload,
} from "./commands/uploads.ts";
import { bytesLeavingByPlan } from "./collection-plan.ts";
import type { CommandRunner } from "./command-runner.ts";
import type { GarbageStore } from "./garbage-store.ts";
import type { IntegrityStore } from "./integrity-store.ts";
import type {
  BlobLinks,
  DiscardedObjects,
  Manifests,
  MetadataStore,
  ObjectLeases,
  Repositories,
  Tags,
  Uploads,
} from "./metadata-store.ts";
import type { JobLeases } from "./job-leases-store.ts";
import type { MirrorStore } from "./mirror-store.ts";
import { SqlAccessStore } from "./sql-access-store.ts";
import { SqlGarbageStore } from "./sql-garbage-store.ts";
import { SqlMirrorStore } from "./sql-mirror-store.ts";
import { retentionOver } from "./sql-retention-store.ts";
import type { RetentionStore } from "./retention-store.ts";
import type { ManifestRecord } from "./records.ts";
import { RememberedReads } from "./remembered-reads.ts";
import { query } from "./statement.ts";
import type { BlobCopies, StoredBlobs } from "./stored-blobs-store.ts";
import type { TagHistoryStore } from "./tag-history-store.ts";
import { checkUsageAside } from "./usage-check.ts";
import type { UsageStore } from "./usage-store.ts";

/** Manifests and where blobs lie, as long as nothing changes. */
const rememberedBytes = 16 * 1024 * 1024;

export class SqlMetadataStore implements MetadataStore {
  readonly repositories: Repositories;
  readonly manifests: Manifests;
  readonly tags: Tags;
  readonly blobLinks: BlobLinks;
  readonly uploads: Uploads;
  readonly discardedObjects: DiscardedObjects;
  readonly objectLeases: ObjectLeases;
  readonly jobLeases: JobLeases;
  readonly storedBlobs: StoredBlobs;
  readonly blobCopies: BlobCopies;
  readonly access: AccessStore;
  readonly mirror: MirrorStore;
  readonly garbage: GarbageStore;
  readonly retention: RetentionStore;
  readonly usage: UsageStore;
  readonly tagHistory: TagHistoryStore;
  readonly integrity: IntegrityStore;
  readonly #runner: CommandRunner;

  constructor(runner: CommandRunner) {
    this.#runner = runner;
    this.repositories = repositoriesOver(runner);
    const remembered = new RememberedReads({ maxBytes: rememberedBytes, changes: () => runner.changes() });
    this.manifests = manifestsOver(runner, remembered);
    this.tags = tagsOver(runner);
    this.blobLinks = blobLinksOver(runner, remembered);
    this.uploads = uploadsOver(runner);
    this.discardedObjects = discardedObjectsOver(runner);
    this.objectLeases = objectLeasesOver(runner);
    this.jobLeases = jobLeasesOver(runner);
    this.storedBlobs = storedBlobsOver(runner);
    this.blobCopies = blobCopiesOver(runner);
    this.access = new SqlAccessStore(runner);
    this.mirror = new SqlMirrorStore(runner);
    this.garbage = new SqlGarbageStore(runner, remembered);
    this.retention = retentionOver(runner);
    this.usage = usageOver(runner);
    this.tagHistory = tagHistoryOver(runner);
    this.integrity = integrityOver(runner);
  }

  async ping(): Promise<void> {
    await this.#runner.read(() => query("SELECT count(*) FROM schema_migrations"));
  }

  close(): Promise<void> {
    return this.#runner.close();
  }
}

function repositoriesOver(runner: CommandRunner): Repositories {
  return {
    exists: (repository) => runner.read(() => repositoryExists(repository)),
    isLocal: (repository, since) => runner.read(() => isLocalRepository(repository, since)),
    list: (page) => runner.read(() => listRepositories(page)),
  };
}

function manifestsOver(runner: CommandRunner, remembered: RememberedReads): Manifests {
  const bytesOf = ({ bytes }: ManifestRecord): number => bytes.length;
  return {
    findByDigest: (repository, digest) =>
      remembered.load(
        `manifest ${repository}@${digest}`,
        () => runner.read(() => findManifestByDigest(repository, digest)),
        bytesOf,
      ),
    findByTag: (repository, tag) =>
      remembered.load(
        `tag ${repository}:${tag}`,
        () => runner.read(() => findManifestByTag(repository, tag)),
        bytesOf,
      ),
    commit: (commit) => runner.write(() => commitManifest(commit)),
    delete: (...removed) => runner.write(() => deleteManifest(...removed)),
    listReferrers: (repository, subject, page) => runner.read(() => listReferrers(repository, subject, page)),
    describe: (repository, digests) => runner.read(() => describeManifests(repository, digests)),
  };
}

function tagsOver(runner: CommandRunner): Tags {
  return {
    list: (repository, page) => runner.read(() => listTags(repository, page)),
    delete: (...removed) => runner.write(() => deleteTag(...removed)),
  };
}

function blobLinksOver(runner: CommandRunner, remembered: RememberedReads): BlobLinks {
  return {
    find: (repository, digest) =>
      remembered.load(`blob ${repository}@${digest}`, () => runner.read(() => findBlob(repository, digest))),
    locate: (digest) => runner.read(() => locateBlob(digest)),
    commit: (commit) => runner.write(() => commitBlob(commit)),
    commitWhole: (commit) => runner.write(() => commitWholeBlob(commit)),
    mount: (mount) => runner.write(() => mountBlob(mount)),
    unlink: (repository, digest, now) => runner.write(() => unlinkBlob(repository, digest, now)),
    markDamaged: (digest, locator) => runner.write(() => markBlobDamaged(digest, locator)),
    markSound: (digest, locator) => runner.write(() => markBlobSound(digest, locator)),
  };
}

function integrityOver(runner: CommandRunner): IntegrityStore {
  return {
    listHolders: (digest, limit) => runner.read(() => listHolders(digest, limit)),
    listManifests: (page) => runner.read(() => listStoredManifests(page)),
    markManifestDamaged: (manifest, now) => runner.write(() => markManifestDamaged(manifest, now)),
    checkUsage: (step) => checkUsageAside(runner, step),
  };
}

function uploadsOver(runner: CommandRunner): Uploads {
  return {
    start: (upload) => runner.write(() => startUpload(upload)),
    find: (repository, id, now) => runner.read(() => findUpload(repository, id, now)),
    lease: (repository, id, lease, now) => runner.write(() => leaseUpload(repository, id, lease, now)),
    save: (id, progress) => runner.write(() => saveUpload(id, progress)),
    end: (id, holder) => runner.write(() => endUpload(id, holder)),
    remove: (id, holder, now) => runner.write(() => removeUpload(id, holder, now)),
    listExpired: (now, limit) => runner.read(() => listExpiredUploads(now, limit)),
  };
}

function discardedObjectsOver(runner: CommandRunner): DiscardedObjects {
  return {
    list: (now, limit) => runner.read(() => listDiscardedObjects(now, limit)),
    add: (locators, now, dueAt) => runner.write(() => addDiscardedObjects(locators, now, dueAt)),
    forget: (locators) => runner.write(() => forgetDiscardedObjects(locators)),
  };
}

function objectLeasesOver(runner: CommandRunner): ObjectLeases {
  return {
    take: (locators, holder, until, now) => runner.write(() => takeLeases(locators, holder, until, now)),
    release: (locators, holder) => runner.write(() => releaseLeases(locators, holder)),
  };
}

function jobLeasesOver(runner: CommandRunner): JobLeases {
  return {
    take: (job, holder, until, now) => runner.write(() => takeJob(job, holder, until, now)),
    save: (job, holder, progress) => runner.write(() => saveJob(job, holder, progress)),
    find: (job) => runner.read(() => findJob(job)),
  };
}

function storedBlobsOver(runner: CommandRunner): StoredBlobs {
  return {
    list: (page) => runner.read(() => listStoredBlobs(page)),
    findKnown: (locators) => runner.read(() => findKnownLocators(locators)),
  };
}

function blobCopiesOver(runner: CommandRunner): BlobCopies {
  return {
    list: (target, page) => runner.read(() => listBlobsToCopy(target, page)),
    add: (target, digest, locator) => runner.write(() => addBlobCopy(target, digest, locator)),
    switchTo: (target, options) => runner.write(() => switchToCopies(target, options)),
  };
}

function usageOver(runner: CommandRunner): UsageStore {
  return {
    ofRepository: (repository) => runner.read(() => usageOfRepository(repository)),
    ofProject: (project) => runner.read(() => usageOfProject(project)),
    findBreach: (wanted) => runner.read(() => findBreach(wanted)),
    leaving: (project, limit) => bytesLeavingByPlan(runner, project, limit),
  };
}

function tagHistoryOver(runner: CommandRunner): TagHistoryStore {
  return {
    list: (repository, tag, page) => runner.read(() => listTagEvents(repository, tag, page)),
    listRemoved: (repository, page) => runner.read(() => listRemovedTags(repository, page)),
    restore: (restore) => runner.write(() => restoreTag(restore)),
  };
}
