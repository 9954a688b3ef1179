// SIGTERM in the middle of downloads from an upstream (REQ-48): those go on, nothing new begins, and nothing is left lying
// about. The upstream's tap is in the test's hands.
import { connect } from "node:net";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { openSocket, parseAnswer, readToEnd } from "../support/raw-socket.ts";
import { type FakeUpstream, startFakeUpstream } from "../support/upstream/fake-upstream.ts";
import { BerthProcess } from "./berth-process.ts";
import { heldAtBytes, holdBlob } from "./held-blob.ts";
import { mirrorConfiguration, type MirrorFiles } from "./mirror-berth.ts";
import { WatchedBlob } from "./watched-blob.ts";

const repository = "upstream.example/team/app";
const blobBytes = 4 * heldAtBytes;
const eventually = { timeout: 60_000, interval: 20 };

let upstream: FakeUpstream;
let files: MirrorFiles;
let berth: BerthProcess;

async function start(drainSeconds: number): Promise<void> {
  files = await mirrorConfiguration({
    upstreams: [{ host: "upstream.example", url: upstream.url }],
    mirror: { minFreeBytes: 0 },
    http: { drainSeconds },
  });
  berth = await BerthProcess.start(files.environment);
}

beforeEach(async () => {
  upstream = await startFakeUpstream();
});
afterEach(async (context) => {
  if (context.task.result?.state === "fail") console.error(`Berth's log:\n${berth.process.log()}`);
  await berth.close();
  await upstream.close();
  await removeScratchFolder(files.folder);
});

const watch = (digest: string): WatchedBlob => new WatchedBlob(berth.http, repository, digest);
const whole = (digest: string) => ({ how: "clean", status: 200, bytes: blobBytes, digest });

/** A reader who has all that came. */
async function begin(digest: string): Promise<WatchedBlob> {
  const reader = watch(digest);
  await expect.poll(() => reader.bytes, eventually).toBe(heldAtBytes);
  return reader;
}

/** How a new connection ends. */
async function connecting(): Promise<string | undefined> {
  const [host = "", port] = berth.host.split(":");
  const socket = connect(Number(port), host);
  try {
    await once(socket, "connect");
    return "accepted";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    socket.destroy();
  }
}

/** Sends a GET except for its end; until that is sent its connection is in use. */
async function almostAsk(digest: string): Promise<() => Promise<ReturnType<typeof parseAnswer>>> {
  const socket = await openSocket(`http://${berth.host}`);
  socket.write(`GET /v2/${repository}/blobs/${digest} HTTP/1.1\r\nHost: ${berth.host}\r\n`);
  return async () => {
    socket.write("\r\n");
    return parseAnswer(await readToEnd(socket));
  };
}

describe("Berth after SIGTERM", () => {
  it("finishes the blobs that are on their way, refuses others at once, and ends with 0", async () => {
    await start(600);
    const [read, unread] = [1, 2].map(() => holdBlob(upstream, "team/app", blobBytes, 1));
    const cold = holdBlob(upstream, "team/app", blobBytes, 1);
    if (read === undefined || unread === undefined) throw new Error("two blobs were made");
    const reader = await begin(read.digest);
    const gone = await begin(unread.digest);
    gone.leave();
    await gone.done;
    const ask = await almostAsk(cold.digest);
    // Berth has seen that connection once it has answered one that came later.
    expect((await berth.http.send("GET", "/readyz")).status).toBe(200);
    const stopped = berth.stop();
    await expect.poll(connecting, eventually).toBe("ECONNREFUSED");
    const refusal = await ask();
    expect([refusal.status, refusal.headers["connection"]]).toEqual([503, "close"]);
    expect(JSON.parse(refusal.body)).toMatchObject({ errors: [{ code: "UNAVAILABLE" }] });
    expect(berth.process.running).toBe(true);
    read.release();
    expect(await reader.done).toMatchObject(whole(read.digest));
    unread.release();
    await stopped;
    expect(await berth.filesIn("fills")).toEqual([]);
    await berth.start();
    for (const { digest } of [read, unread]) {
      expect(await watch(digest).done).toMatchObject({ ...whole(digest), cacheStatus: "berth; hit" });
    }
    expect(upstream.requests.blobGet).toBe(2);
  });

  it("breaks what is not there when the drain time is over, removes it, and fetches it when asked again", async () => {
    await start(1);
    const { digest } = holdBlob(upstream, "team/app", blobBytes, 1);
    const reader = await begin(digest);
    await berth.stop();
    expect(await reader.done).toMatchObject({ how: "broken", bytes: heldAtBytes });
    expect(await berth.filesIn("fills")).toEqual([]);
    expect(await berth.filesIn("blobs/uploads")).toEqual([]);
    await berth.start();
    expect(await watch(digest).done).toMatchObject(whole(digest));
    expect(upstream.requests.blobGet).toBe(2);
  });
});
