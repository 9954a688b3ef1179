// A directory that is away for a moment: nothing in it may be taken for lost, deleted or damaged (REQ-21).
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../../../storage/digest.ts";
import { FilesystemBlobStore } from "../../../../storage/blobs/filesystem/filesystem-blob-store.ts";
import { probeDirectory } from "../../../../storage/blobs/filesystem/probe-directory.ts";
import type { Locator } from "../../../../storage/blobs/stored-object.ts";
import type { UploadSession } from "../../../../storage/blobs/upload-session.ts";
import { contentOf, listed, put, sourceOf } from "../../../contracts/blob-store-under-test.ts";
import { mayMount, withTmpfs } from "./mounts.ts";

const bytes = Buffer.from("still there");

describe("the filesystem store while its directory is away", () => {
  let parent: string;
  let directory: string;
  let store: FilesystemBlobStore;
  let locator: Locator;
  let session: UploadSession;
  beforeEach(async () => {
    parent = await mkdtemp(path.join(tmpdir(), "berth-away-"));
    directory = path.join(parent, "data");
    await probeDirectory(directory);
    store = new FilesystemBlobStore(directory);
    await store.ping();
    ({ locator } = await put(store, bytes));
    session = await store.startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(bytes), 0);
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  const calls: Record<string, () => Promise<unknown>> = {
    ping: () => store.ping(),
    stat: () => store.stat(locator),
    read: () => store.read(locator),
    delete: () => store.delete([locator]),
    list: () => listed(store),
    startUpload: () => store.startUpload({ algorithms: ["sha256"] }),
    resumeUpload: () => store.resumeUpload(session.state),
    copyUpload: () => store.copyUpload(session.state),
    append: () => session.append(sourceOf(bytes), bytes.length),
    "read of a session": () => session.read(),
  };

  it.each(Object.keys(calls))("fails at %s, and goes on when it is back", async (call) => {
    await rename(directory, `${directory}-away`);
    await expect(calls[call]!()).rejects.toThrow(call === "startUpload" ? /ENOENT/ : `${directory} is gone`);
    await rename(`${directory}-away`, directory);
    expect(await contentOf(store, locator)).toEqual(bytes);
    await (await store.resumeUpload(session.state))!.commit(digestOf(bytes));
  });

  it.runIf(mayMount)("is not taken in by a store on another file system in its place", async () => {
    await withTmpfs(directory, "1m", async () => {
      await probeDirectory(directory);
      await expect(store.stat(locator)).rejects.toThrow("on another file system");
      await expect(store.ping()).rejects.toThrow("on another file system");
      await new FilesystemBlobStore(directory).ping();
    });
    await mkdir(directory, { recursive: true });
  });
});
