// No statement of the store walks through a whole table or sorts what can be long: asked of the database's
// own planner, for every statement that a walk through all methods runs.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandRunner } from "../../../storage/metadata/command-runner.ts";
import type { Command } from "../../../storage/metadata/statement.ts";
import { SqlMetadataStore } from "../../../storage/metadata/sql-metadata-store.ts";
import { SqliteConnection } from "../../../storage/metadata/sqlite/sqlite-connection.ts";
import { openSqlite } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import type { BlobRecord } from "../../../storage/metadata/records.ts";
import {
  all,
  blobOf,
  digestFor,
  listsAny,
  manifestOf,
  needsBlob,
  pushBlob,
  seesProjects,
  seesRepositories,
  uploadOf,
} from "../../contracts/metadata-store-fixture.ts";
import { accessChanges, accessReads } from "./access-steps.ts";
import { walkThroughGarbage } from "./garbage-steps.ts";
import { walkThroughMirror } from "./mirror-steps.ts";
import { walkThroughRetention } from "./retention-steps.ts";
import { walkThroughTagHistory } from "./tag-history-steps.ts";
import { makeFile, type TestFile } from "./sqlite-databases.ts";

/** Hands commands on, and writes down what they yield. */
function recording(runner: CommandRunner, texts: Set<string>): CommandRunner {
  function* record<T>(command: Command<T>): Command<T> {
    let step = command.next();
    while (step.done !== true) {
      texts.add(step.value.sql);
      step = command.next(yield step.value);
    }
    return step.value;
  }
  return {
    read: (command) => runner.read(() => record(command())),
    write: (command) => runner.write(() => record(command())),
    changes: () => undefined,
    close: () => runner.close(),
  };
}

async function walkThroughAllMethods(store: MetadataStore): Promise<void> {
  const [blob, again, subject] = [blobOf("layer"), blobOf("layer", "again"), digestFor("subject")];
  await store.ping();
  await pushBlob(store, "a", blob);
  await pushBlob(store, "a", again);
  await store.blobLinks.commit({ uploadId: "nobody", holder: "x", repository: "a", blob: again, now: 1 });
  await store.blobLinks.markDamaged(blob.digest, blob.locator);
  await pushBlob(store, "a", blobOf("layer", "healed"));
  await store.blobLinks.mount({ visibility: all, repository: "b", digest: blob.digest, now: 1 });
  await store.blobLinks.mount({ visibility: all, repository: "b", digest: blob.digest, from: "a", now: 1 });
  await store.manifests.commit(manifestOf("a", "child", { subject, artifactType: "t", annotations: {} }));
  const references = [needsBlob(blob.digest), listsAny(digestFor("child"))];
  const precondition = { tag: "v1", demand: { kind: "absent" } } as const;
  const image = manifestOf("a", "image", { references, tags: ["v1", "v2"], precondition });
  await store.manifests.commit(image);
  await store.manifests.commit({ ...image, precondition: { demand: { kind: "matches", digests: "any" } } });
  await store.manifests.commit({ ...image, references: [], precondition: undefined });
  await store.manifests.commit({ ...image, precondition: undefined });
  await store.manifests.findByDigest("a", image.digest);
  await store.manifests.findByTag("a", "v1");
  await store.manifests.describe("a", [image.digest, subject]);
  await store.manifests.listReferrers("a", subject, { limit: 10, after: subject });
  await store.manifests.listReferrers("a", subject, { limit: 10, artifactType: "t" });
  await store.manifests.delete("a", digestFor("child"), 5000);
  await store.repositories.exists("a");
  await store.repositories.list({ visibility: all, limit: 10 });
  for (const visibility of [seesProjects("p", "library"), seesRepositories("p/a", "p/b")]) {
    await store.blobLinks.mount({ visibility, repository: "b", digest: blob.digest, now: 1 });
    await store.repositories.list({ visibility, limit: 10 });
  }
  await store.tags.list("a", { limit: 10, after: "v1" });
  await store.tags.delete("a", "v1", 5000);
  await store.blobLinks.unlink("a", blob.digest, 5000);
  await store.manifests.delete("a", image.digest, 5000);
  await store.blobLinks.unlink("a", blob.digest, 5000);
  await store.blobLinks.find("b", blob.digest);
  await store.blobLinks.locate(blob.digest);
  await store.uploads.start(uploadOf("u1", "a"));
  await store.uploads.find("a", "u1", 1);
  await store.uploads.lease("a", "u1", { holder: "x", until: 10 }, 1);
  await store.uploads.save("u1", { holder: "x", state: "", offset: 1, expiresAt: 5, leaseUntil: 3 });
  await store.uploads.listExpired(10, 10);
  await store.uploads.remove("u1", "x", 10);
  await store.uploads.end("u1", "x");
  await store.jobLeases.take("collector", "x", 20, 10);
  await store.jobLeases.save("collector", "x", { report: "", until: undefined });
  await store.jobLeases.find("collector");
  await store.discardedObjects.forget(await store.discardedObjects.list(10, 10));
  await walkThroughMaintenance(store, blob);
}

async function walkThroughIntegrity(store: MetadataStore, blob: BlobRecord): Promise<void> {
  await store.integrity.listHolders(blob.digest, 10);
  await store.manifests.commit(manifestOf("p/a", "sound"));
  for (const manifest of (await store.integrity.listManifests({ after: undefined, limit: 10 })).entries) {
    await store.integrity.markManifestDamaged(manifest, 10);
  }
  for (const repair of [false, true]) {
    for (let after: string | undefined, more = true; more;) {
      ({ next: after } = await store.integrity.checkUsage({ after, repair }));
      more = after !== undefined;
    }
  }
}

/** Ends with the switch to another blob store, and with it all uploads and the delete queue. */
async function walkThroughMaintenance(store: MetadataStore, blob: BlobRecord): Promise<void> {
  await store.discardedObjects.add([blobOf("orphan").locator], 10, 10);
  await store.storedBlobs.list({ limit: 10, after: blob.digest });
  await store.storedBlobs.findKnown([blob.locator, blobOf("orphan").locator]);
  await store.blobLinks.markSound(blob.digest, blob.locator);
  await walkThroughIntegrity(store, blob);
  await store.blobCopies.list("target", { limit: 10 });
  await store.blobCopies.add("target", blob.digest, blobOf("layer", "copy").locator);
  await store.blobCopies.switchTo("target", { leaveUncopied: true, now: 10 });
}

/**
 * What may be sorted, because it is few: members of one project or accounts of one group, whose names lie in another
 * table, the projects that somebody sees, which are gathered by two indexes, and signing keys.
 */
const maySort = [
  /JOIN members .* ORDER BY n\.name/s,
  /(JOIN|FROM) group_accounts .* ORDER BY [ag]\.name/s,
  /FROM projects WHERE .* FROM projects shown .* ORDER BY name/s,
  /FROM signing_keys ORDER BY/,
  // told to people only: all that is cached, by upstream
  /GROUP BY (r\.project|upstream)$/,
];

/** What may be walked through: a handful of keys or pins, what a statement gathers itself, and an index of no more than what is wanted. */
const scans = new RegExp(
  "^SCAN (?!\\d+-ROW VALUES|signing_keys|mirror_pins|(shown|projects) USING COVERING INDEX projects_public" +
    "|blob_links USING COVERING INDEX blob_links_cached|(cached|held|b|page)$)",
);

/** Steps of a plan that walk through a table, or sort where that is not due. */
function slowSteps(sql: string, plan: readonly string[]): string[] {
  const few = maySort.some((pattern) => pattern.test(sql));
  return plan.filter((step) => scans.test(step) || (step.includes("TEMP B-TREE") && !few));
}

describe("query plans", () => {
  const texts = new Set<string>();
  let file: TestFile;
  let connection: SqliteConnection;

  beforeAll(async () => {
    file = await makeFile();
    const store = new SqlMetadataStore(recording(await openSqlite({ path: file.path }), texts));
    await walkThroughMirror(store);
    await walkThroughGarbage(store);
    await walkThroughRetention(store);
    await walkThroughTagHistory(store);
    await walkThroughAllMethods(store);
    for (const [, run] of [...accessChanges, ...accessReads]) await run(store);
    await store.close();
    connection = new SqliteConnection(file.path);
  });
  afterAll(async () => {
    connection.close();
    await file.dispose();
  });

  function planOf(sql: string): string[] {
    const count = new Set(sql.match(/\$\d+/g)).size;
    const parameters = Array.from({ length: count }, () => null);
    return connection
      .run({ sql: `EXPLAIN QUERY PLAN ${sql}`, parameters })
      .map((row) => String(row["detail"]));
  }
  const planStartingWith = (start: string) => planOf([...texts].find((text) => text.startsWith(start)) ?? "");

  test("every statement finds its rows by an index and in order", () => {
    expect(texts.size).toBeGreaterThan(100);
    const slow = [...texts]
      .filter((sql) => !sql.includes("schema_migrations"))
      .map((sql) => ({ sql, steps: slowSteps(sql, planOf(sql)) }))
      .filter(({ steps }) => steps.length > 0);
    expect(slow).toEqual([]);
  });

  test("the catalog reads only repositories that exist", () => {
    expect(planStartingWith("SELECT name FROM repositories WHERE manifest_count > 0")).toEqual([
      "SEARCH repositories USING INDEX repositories_with_manifests (name>?)",
    ]);
  });

  test("the catalog of some projects reads one project after another, from where the page begins", () => {
    expect(planStartingWith("SELECT name FROM repositories WHERE project = $1")).toEqual([
      "SEARCH repositories USING INDEX repositories_by_project (project=? AND name>?)",
    ]);
  });

  test("a mount looks at the links of the digest, and no other repository", () => {
    const plans = [...texts].filter((text) => text.startsWith("SELECT count(*) AS links")).map(planOf);
    expect(plans).toHaveLength(3);
    for (const plan of plans) {
      expect(plan.join()).toContain("r USING INTEGER PRIMARY KEY (rowid=?)");
      expect(plan.join()).toContain("blob_links_by_digest (digest=? AND repository_id>?)");
    }
  });

  test("the audit trail is read backwards from where the page ends", () => {
    const plans = [...texts]
      .filter((text) => text.includes("FROM audit\n"))
      .map((text) => planOf(text).join());
    expect(plans).toHaveLength(5);
    for (const plan of plans) expect(plan).toMatch(/SEARCH audit USING .*id<\?\)/);
  });

  test("a page of referrers of one type starts in the index at that type", () => {
    const sql = [...texts].find((text) => text.includes("m.artifact_type = $5"));
    expect(planOf(sql ?? "").join()).toContain(
      "manifests_by_subject_and_type (repository_id=? AND subject=? AND artifact_type=? AND digest>?)",
    );
  });

  test("the robots of a project are read in order, and an administrator is looked for among administrators", () => {
    const robots = [...texts].find((text) => text.includes("AND p.name = $3 ORDER BY a.name")) ?? "";
    expect(planOf(robots).join()).toContain("accounts_by_project (project_id=? AND name>?)");
    expect(planStartingWith("SELECT 1 FROM accounts WHERE system_admin = 1").join()).toContain(
      "accounts_admins (kind=? AND disabled=?)",
    );
  });

  test("projects to adopt are found one by one in the index, not repository by repository", () => {
    expect(planStartingWith("SELECT project FROM repositories WHERE project > $1").join()).toContain(
      "repositories_by_project (project>?)",
    );
  });

  test("the collector finds what is due in the order of time, by indexes that hold nothing else", () => {
    const released = [...texts].filter((text) => text.includes("ORDER BY m.released_at"));
    const touched = [...texts].filter((text) => text.includes("ORDER BY l.touched_at"));
    expect([released.length, touched.length]).toEqual([1, 1]);
    expect(planOf(released[0] ?? "")[0]).toMatch(/^SEARCH m USING INDEX manifests_released \(\(released_at,/);
    expect(planOf(touched[0] ?? "")[0]).toMatch(
      /^SEARCH l USING COVERING INDEX blob_links_touched \(\(touched_at,/,
    );
  });

  test("who needs a manifest or names a blob is found by the digest, from where a page begins", () => {
    const parents = [...texts].filter((text) => text.startsWith("SELECT manifest_id AS id"));
    expect(parents).toHaveLength(2);
    for (const sql of parents) {
      expect(planOf(sql)).toEqual([
        expect.stringContaining("manifest_edges_by_child (child=? AND repository_id=? AND manifest_id>?)"),
      ]);
    }
  });

  test("what is cached is counted and listed by its own indexes, and no manifest is read for that", () => {
    expect(planStartingWith("SELECT count(*) AS manifests")).toEqual([
      "SEARCH manifests USING COVERING INDEX manifests_cached_by_pull (pulled_at>?)",
    ]);
    expect(planStartingWith("SELECT count(*) AS blobs").join()).toContain(
      "blob_links USING COVERING INDEX blob_links_cached",
    );
    const byPull = [...texts].find((text) => text.includes("ORDER BY m.pulled_at")) ?? "";
    expect(planOf(byPull).join()).toContain(
      "m USING INDEX manifests_cached_by_pull (pulled_at>? AND pulled_at<?)",
    );
    const loose = [...texts].find((text) => text.includes("ORDER BY l.pulled_at")) ?? "";
    expect(planOf(loose).join()).toContain("l USING COVERING INDEX blob_links_cached_by_pull");
  });
});
