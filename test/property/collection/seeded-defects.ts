// Defects that a collector may have, put into the real one by other parts and other statements of SQL: each must be
// found by random sequences, or the sequences prove nothing.
import type { CommandRunner } from "../../../storage/metadata/command-runner.ts";
import { listTouched, type TouchedLink } from "../../../storage/metadata/commands/collect-links.ts";
import { linkFreeSince } from "../../../storage/metadata/commands/needs.ts";
import { digestsByRepository, releaseLinks } from "../../../storage/metadata/commands/release-links.ts";
import type { HeldContent } from "../../../storage/metadata/garbage-store.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { SqlMetadataStore } from "../../../storage/metadata/sql-metadata-store.ts";
import type { Command, Row, Statement } from "../../../storage/metadata/statement.ts";
import type { CollectionGround } from "./collection-ground.ts";
import {
  collectWith,
  grace,
  minute,
  soundParts,
  type Assemble,
  type CollectionParts,
} from "./collection-world.ts";

type Rewrite = (statement: Statement) => Statement;
type Spoil = (sound: CollectionParts, ground: CollectionGround) => Partial<CollectionParts>;

/** What `change` has is other than in `inner`. */
function overriding<T extends object>(inner: T, change: Partial<T>): T {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(Object.hasOwn(change, name) ? change : target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** The same database, by statements that are other than they should be. */
function storeWith({ runner }: CollectionGround, rewrite: Rewrite): MetadataStore {
  const spoiled: CommandRunner = {
    read: (command) => runner.read(() => rewriting(command(), rewrite)),
    write: (command) => runner.write(() => rewriting(command(), rewrite)),
    changes: () => undefined,
    close: () => runner.close(),
  };
  return new SqlMetadataStore(spoiled);
}

function* rewriting<T>(command: Command<T>, rewrite: Rewrite): Command<T> {
  let step = command.next();
  while (step.done !== true) {
    const rows: readonly Row[] = yield rewrite(step.value);
    step = command.next(rows);
  }
  return step.value;
}

function replacing(text: string | RegExp, by: string): Rewrite {
  return ({ sql, parameters }) => ({ sql: sql.replace(text, by), parameters });
}

function without(text: RegExp): Rewrite {
  const nothing: Statement = { sql: "SELECT 1 WHERE 0", parameters: [] };
  return (statement) => (text.test(statement.sql) ? nothing : statement);
}

type Part = "manifests" | "tags" | "blobLinks" | "discardedObjects" | "garbage";

/** These parts of the metadata store are by other statements, the collector's steps too when `garbage` is among them. */
function statements(parts: readonly Part[], rewrite: Rewrite): Spoil {
  return (sound, ground) => {
    const other = storeWith(ground, rewrite);
    const change = Object.fromEntries(parts.map((part) => [part, other[part]])) as Partial<MetadataStore>;
    const metadata = overriding(sound.metadata, change);
    return { metadata, collect: collectWith(metadata.garbage, grace, minute) };
  };
}

const moveTagsWithRelease: Spoil = ({ metadata }) => {
  const { manifests, garbage } = metadata;
  const commit: typeof manifests.commit = async (pushed) => {
    const before = await Promise.all(pushed.tags.map((tag) => manifests.findByTag(pushed.repository, tag)));
    const result = await manifests.commit(pushed);
    const left = before.flatMap((manifest) => manifest?.digest ?? []);
    await garbage.release(pushed.repository, left, pushed.now);
    return result;
  };
  return { metadata: overriding(metadata, { manifests: overriding(manifests, { commit }) }) };
};

const storeWithoutAsking: Spoil = ({ metadata }) => {
  const { manifests } = metadata;
  const commit: typeof manifests.commit = (pushed) =>
    manifests.commit({ ...pushed, referencePolicy: "lazy" });
  return { metadata: overriding(metadata, { manifests: overriding(manifests, { commit }) }) };
};

/** What one step finds to be loose the next one removes. */
const checkLinksBefore: Spoil = ({ collect }, { runner }) => {
  let marked: readonly TouchedLink[] = [];
  const links: typeof collect.links = async (now, limit) => {
    const chosen = marked;
    marked = await runner.read(() => listLoose(now - grace, limit));
    for (const [repositoryId, digests] of digestsByRepository(chosen)) {
      await runner.write(() => releaseLinks(repositoryId, digests, { now, dueAt: now + minute }));
    }
    return { looked: chosen.length, links: 0, blobs: 0, bytes: 0, more: marked.length > 0 };
  };
  return { collect: { ...collect, links } };
};

function* listLoose(before: number, limit: number): Command<readonly TouchedLink[]> {
  const loose: TouchedLink[] = [];
  for (const link of yield* listTouched(before, undefined, limit)) {
    if ((yield* linkFreeSince(link.repositoryId, link.digest)) !== undefined) loose.push(link);
  }
  return loose;
}

const checkManifestsBefore: Spoil = ({ collect, metadata }) => {
  let marked: readonly HeldContent[] = [];
  const manifests: typeof collect.manifests = async (now) => {
    const chosen = marked;
    marked = [];
    for await (const page of metadata.garbage.plan(now - grace)) marked = [...marked, ...page.manifests];
    const collected: HeldContent[] = [];
    for (const content of chosen) {
      const { outcome } = await metadata.manifests.delete(content.repository, content.digest, now - grace);
      if (outcome === "deleted") collected.push(content);
    }
    return { looked: chosen.length, collected, more: marked.length > 0 };
  };
  return { collect: { ...collect, manifests } };
};

const deleteByDigest: Spoil = ({ blobStore }) => {
  const digestIn = (locator: string) => locator.slice(0, locator.lastIndexOf("."));
  const deleteAll: typeof blobStore.delete = async (locators) => {
    const digests = new Set(locators.map(digestIn));
    const same = [];
    for await (const { locator } of blobStore.list(new AbortController().signal)) {
      if (digests.has(digestIn(locator))) same.push(locator);
    }
    await blobStore.delete(same);
  };
  return { blobStore: overriding(blobStore, { delete: deleteAll }) };
};

const waitAtEachLevel: Spoil = (sound, ground) => {
  let at = 0;
  const { garbage } = storeWith(ground, ({ sql, parameters }) => {
    const releasing = sql.startsWith("UPDATE manifests SET released_at = $1");
    return { sql, parameters: releasing ? [at, ...parameters.slice(1)] : parameters };
  });
  const late = collectWith(garbage, grace, minute);
  const manifests: typeof late.manifests = (now, limit) => {
    at = now;
    return late.manifests(now, limit);
  };
  return { collect: { ...sound.collect, manifests } };
};

const parentsQuery = /^(SELECT manifest_id AS id FROM manifest_edges[^]* AND kind = 'any')/;
const removals = ["manifests", "garbage"] as const;

const defects: Readonly<Record<string, Spoil>> = {
  "a HEAD touches nothing": statements(
    ["garbage"],
    without(/^UPDATE (?:blob_links SET touched_at = \$3|manifests SET released_at = \$1 WHERE id IN \()/),
  ),
  "a HEAD touches only blobs that no manifest names": statements(
    ["garbage"],
    replacing(
      "CASE WHEN l.pulled_at IS NULL AND",
      `CASE WHEN l.pulled_at IS NULL AND NOT EXISTS
         (SELECT 1 FROM manifest_edges e WHERE e.child = l.digest AND e.repository_id = l.repository_id) AND`,
    ),
  ),
  "a mount of what is there touches nothing": statements(
    ["blobLinks"],
    replacing(/DO UPDATE SET pulled_at = excluded[^]*$/, "DO NOTHING"),
  ),
  "a push does not take a release back": statements(["manifests"], (statement) =>
    // nor does the trigger that looks for its first column
    without(/^UPDATE manifests SET released_at = (?:\$2|NULL)/)(
      replacing("media_type = $3, artifact_type = $4", "artifact_type = iif($3 = '', NULL, $4)")(statement),
    ),
  ),
  "what is pushed goes at once with an old index or subject": statements(
    ["manifests"],
    replacing(
      "SELECT 1 FROM manifests m WHERE m.id = $1\n",
      "SELECT 1 FROM manifests m WHERE m.id = $1 AND 0\n",
    ),
  ),
  "a push is content with blobs of other repositories": statements(
    ["manifests"],
    replacing(
      "JOIN blobs b ON b.digest = l.digest\n     WHERE l.repository_id = $1",
      "JOIN blobs b ON b.digest = l.digest\n     WHERE $1 = $1",
    ),
  ),
  "a manifest is stored without asking for what it names": storeWithoutAsking,
  "a tag that moves releases what it leaves": moveTagsWithRelease,
  "links are checked outside of the transaction": checkLinksBefore,
  "manifests are checked outside of the transaction": checkManifestsBefore,
  "the grace is ignored": ({ metadata }) => ({ collect: collectWith(metadata.garbage, 0, minute) }),
  "each level of an index waits for a grace of its own": waitAtEachLevel,
  "only what is tagged keeps what it lists": statements(
    ["garbage"],
    replacing(
      parentsQuery,
      "$1 AND EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = manifest_edges.manifest_id)",
    ),
  ),
  "a child of two indexes goes with the first": statements(
    ["garbage"],
    replacing(/^(SELECT manifest_id AS id FROM manifest_edges[^]* AND kind = 'any' [^]*)$/, "$1 OFFSET 1"),
  ),
  "a subject does not keep what refers to it": statements(
    ["garbage"],
    replacing(/^SELECT id FROM manifests WHERE repository_id = \$1 AND digest = \$2$/, "$& AND 0"),
  ),
  "what a manifest listed is forgotten with it": statements(
    removals,
    without(/^UPDATE manifests SET released_at = \$1\s+WHERE repository_id/),
  ),
  "the blobs of a manifest are forgotten with it": statements(
    removals,
    without(/^UPDATE blob_links SET touched_at = \$2/),
  ),
  "bytes are deleted by digest": deleteByDigest,
  "bytes go at once": ({ metadata }) => ({ collect: collectWith(metadata.garbage, grace, 0) }),
  "the delete queue ignores leases": statements(
    ["discardedObjects"],
    replacing(/AND NOT EXISTS \(SELECT 1 FROM object_leases[^)]*\)/, ""),
  ),
};

export interface SeededDefect {
  readonly name: string;
  readonly assemble: Assemble;
}

export const seededDefects: readonly SeededDefect[] = Object.entries(defects).map(([name, spoil]) => ({
  name,
  assemble: (ground) => {
    const sound = soundParts(ground);
    return { ...sound, ...spoil(sound, ground) };
  },
}));
