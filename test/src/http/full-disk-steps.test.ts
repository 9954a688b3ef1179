// REQ-22: no room, at every step of files and rows that each operation takes. Whatever was acknowledged is whole, who is
// refused is told why, and once there is room all goes on, without a repair and without a restart.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FilesystemBlobStore } from "../../../storage/blobs/filesystem/filesystem-blob-store.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { openSqlite } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import { SqlMetadataStore } from "../../../storage/metadata/sql-metadata-store.ts";
import { StorageError } from "../../../storage/storage-error.ts";
import { observedFiles, systemError } from "../../storage/blobs/filesystem/observed-files.ts";
import { StoreDirectory } from "../../storage/blobs/filesystem/store-directory.ts";
import { failingRunner } from "../../storage/metadata/failing-runner.ts";
import type { Answer } from "../../support/http-request.ts";
import { digestOf, imageManifest, randomBlob } from "../../support/images.ts";
import { expectError, locationOf } from "../../support/oci-answer.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

const needRoom = ["open", "write", "datasync", "sync", "mkdir", "rename", "copyFile"];
const content = randomBlob(300_000);
const digest = digestOf(content);
const layer = randomBlob(1000);
const config = Buffer.from("{}");
const image = imageManifest(config, [layer]);

/** Which steps fail: that with the number `at` alone, or it and all after it. */
interface Plan {
  readonly at: number;
  readonly all: boolean;
  readonly code: string;
}

interface Operation {
  readonly prepare?: (repository: string) => Promise<unknown>;
  /** Whether it was acknowledged. */
  readonly act: (repository: string) => Promise<boolean>;
  /** With room again: what was acknowledged is whole, what was refused can be done. */
  readonly check: (repository: string, acknowledged: boolean) => Promise<void>;
}

let directory: StoreDirectory;
let served: ServedParts;
let metadata: MetadataStore;
let client: RegistryClient;
let plan: Plan | undefined;
let taken = 0;

function step(failure: (code: string) => Error): void {
  taken += 1;
  if (plan !== undefined && (taken === plan.at || (plan.all && taken > plan.at))) throw failure(plan.code);
}

beforeAll(async () => {
  directory = await StoreDirectory.create();
  const operations = observedFiles(({ name, path }) => {
    // opening what is there to read it needs no room
    if (needRoom.includes(name) && !(name === "open" && path.includes("/sha256/"))) step(systemError);
  });
  const runner = await openSqlite({ path: join(directory.path, "berth.sqlite") });
  const noRoom = () => new StorageError("full", "no room is left for the database");
  metadata = new SqlMetadataStore(failingRunner(runner, () => step(noRoom)));
  served = await serveParts({ metadata, blobStore: new FilesystemBlobStore(directory.path, operations) });
  client = new RegistryClient(served.url);
});
afterAll(async () => {
  client.close();
  await served.close();
  await metadata.close();
  await directory.remove();
});

/** Tells an answer that is as it should be from a refusal, which has to be in words. */
function accepted(answer: Answer, status: number): boolean {
  if (answer.status === status) return true;
  expect(expectError(answer, 413, "DENIED").message).toMatch(/^storage full: ask the operator .*: .*\w/);
  return false;
}

async function expectWhole(repository: string, wanted: string, bytes: Buffer): Promise<void> {
  const answer = await client.send("GET", `/v2/${repository}/blobs/${wanted}`);
  expect([answer.status, answer.body.equals(bytes)]).toEqual([200, true]);
}

async function pushInOne(repository: string): Promise<boolean> {
  const path = `/v2/${repository}/blobs/uploads/?digest=${digest}`;
  return accepted(await client.send("POST", path, { body: content }), 201);
}

async function pushInChunks(repository: string): Promise<boolean> {
  const started = await client.send("POST", `/v2/${repository}/blobs/uploads/`);
  if (!accepted(started, 202)) return false;
  const session = locationOf(started);
  for (const chunk of [content.subarray(0, 150_000), content.subarray(150_000)]) {
    if (!accepted(await client.send("PATCH", session, { body: chunk }), 202)) return goOn(session);
  }
  return accepted(await client.send("PUT", `${session}?digest=${digest}`), 201);
}

/** There is room again: the session stands where it says, and takes the rest. */
async function goOn(session: string): Promise<boolean> {
  plan = undefined;
  const state = await client.send("GET", session);
  expect(state.status).toBe(204);
  const [, last = ""] = String(state.headers.range).split("-");
  const rest = content.subarray(last === "0" ? 0 : Number(last) + 1);
  const end = await client.send("PUT", `${session}?digest=${digest}`, rest.length > 0 ? { body: rest } : {});
  expect(end.status).toBe(201);
  return true;
}

async function checkBlob(repository: string, acknowledged: boolean): Promise<void> {
  const { status } = await client.send("HEAD", `/v2/${repository}/blobs/${digest}`);
  if (acknowledged) expect(status).toBe(200);
  if (status !== 404) await expectWhole(repository, digest, content);
  await client.pushBlob(repository, content);
  await expectWhole(repository, digest, content);
}

async function checkManifest(repository: string, isThere: boolean): Promise<void> {
  const { status } = await client.send("GET", `/v2/${repository}/manifests/v1`);
  expect(status).toBe(isThere ? 200 : 404);
  await client.pushManifest(repository, "v1", image);
  const again = await client.send("GET", `/v2/${repository}/manifests/v1`);
  expect(again.body.equals(image.bytes)).toBe(true);
}

async function pushLayers(repository: string): Promise<void> {
  for (const blob of [config, layer]) await client.pushBlob(repository, blob);
}

async function pushImage(repository: string): Promise<void> {
  await pushLayers(repository);
  await client.pushManifest(repository, "v1", image);
}

/** With no grace: what nothing names goes now. */
async function collect(): Promise<boolean> {
  const now = Date.now() + 1000;
  const options = { before: now, limit: 10_000 };
  try {
    await metadata.garbage.collectManifests(options);
    await metadata.garbage.collectLinks({ ...options, now, dueAt: now });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "full" });
    return false;
  }
}

const operations: Readonly<Record<string, Operation>> = {
  "blob in one POST": { act: pushInOne, check: checkBlob },
  "blob in chunks": { act: pushInChunks, check: checkBlob },
  mount: {
    prepare: (repository) => client.pushBlob(`${repository}/source`, content),
    act: async (repository) => {
      const path = `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${repository}/source`;
      return accepted(await client.send("POST", path), 201);
    },
    check: checkBlob,
  },
  manifest: {
    prepare: pushLayers,
    act: async (repository) => accepted(await client.putManifest(repository, "v1", image), 201),
    check: checkManifest,
  },
  "deletion of a tag": {
    prepare: pushImage,
    act: async (repository) => accepted(await client.send("DELETE", `/v2/${repository}/manifests/v1`), 202),
    check: (repository, acknowledged) => checkManifest(repository, !acknowledged),
  },
  collection: {
    prepare: async (repository) => {
      await pushImage(repository);
      await client.send("DELETE", `/v2/${repository}/manifests/${image.digest}`);
    },
    act: collect,
    check: async (repository) => {
      expect(await collect()).toBe(true);
      const path = `/v2/${repository}/blobs/${digestOf(layer)}`;
      expect((await client.send("HEAD", path)).status).toBe(404);
      await pushImage(repository);
      await expectWhole(repository, digestOf(layer), layer);
      await client.send("DELETE", `/v2/${repository}/manifests/${image.digest}`);
      await collect();
    },
  },
};

describe.each(Object.entries(operations))("with no room at any step of a %s", (name, operation) => {
  it.each([
    ["ENOSPC", false],
    ["ENOSPC", true],
    ["EDQUOT", true],
    ["EROFS", true],
  ])("nothing is lost or stuck (%s, and from then on: %s)", async (code, all) => {
    let at = 0;
    for (let failed = true; failed && at < 200;) {
      at += 1;
      const repository = `${name.replaceAll(" ", "-").toLowerCase()}/${code.toLowerCase()}-${String(all)}-${at}`;
      await operation.prepare?.(repository);
      taken = 0;
      plan = { at, all, code };
      const acknowledged = await operation.act(repository);
      failed = taken >= at;
      plan = undefined;
      await operation.check(repository, acknowledged);
    }
    expect(at).toBeGreaterThan(2);
    expect(at).toBeLessThan(200);
  });
});
