// Berth behind every kind of nginx over raw HTTP: what clients rely on must come out of the front as Berth put it in.
// Real clients behind the same fronts are in the file beside it.
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FrontClient } from "../support/clients/front-client.ts";
import { buildRandomImage, ociManifest, writeLayout } from "../support/clients/image-layout.ts";
import { skopeo } from "../support/clients/installed-client.ts";
import { sha256, withQuery } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { BerthProcess } from "./berth-process.ts";
import {
  frontNames,
  type FrontName,
  type Fronts,
  frontTitles,
  nginx,
  portsForFronts,
  startFronts,
} from "./proxy-fronts.ts";

const long = process.env["BERTH_TEST_LONG"] === "1";
const kept = [
  "content-length",
  "content-type",
  "docker-content-digest",
  "etag",
  "accept-ranges",
  "cache-control",
];

/** A Berth with all fronts before it, for the tests of the file or of one block. */
function frontsFor(start: () => Promise<{ berth: BerthProcess; fronts: Fronts }>): {
  readonly berth: BerthProcess;
  readonly fronts: Fronts;
  client(name: FrontName, allowH2?: boolean): FrontClient;
} {
  let running: { berth: BerthProcess; fronts: Fronts } | undefined;
  const clients: FrontClient[] = [];
  const current = (): { berth: BerthProcess; fronts: Fronts } => {
    if (running === undefined) throw new Error("Berth and nginx are started before the first test");
    return running;
  };
  beforeAll(async () => {
    if (!nginx.missing) running = await start();
  });
  afterEach((context) => {
    if (context.task.result?.state !== "fail") return;
    console.error(`nginx:\n${current().fronts.log()}\nBerth:\n${current().berth.process.log().slice(-4000)}`);
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await running?.fronts.close();
    await running?.berth.close();
  });
  return {
    get berth() {
      return current().berth;
    },
    get fronts() {
      return current().fronts;
    },
    client: (name, allowH2 = name === "shipped") => {
      const { fronts } = current();
      const client = new FrontClient(fronts.of(name).origin, fronts.certificates.authority, allowH2);
      clients.push(client);
      return client;
    },
  };
}

const image = buildRandomImage(1_500_000);
const [layer = ""] = image.layerDigests;
const content = image.blobs.get(layer) ?? Buffer.alloc(0);
const matrix = frontsFor(async () => {
  const berth = await BerthProcess.start();
  return { berth, fronts: await startFronts(berth.host) };
});

for (const name of frontNames) {
  describe.skipIf(nginx.missing)(`${nginx.title}: ${frontTitles[name]}`, () => {
    const repository = `proxied/${frontNames.indexOf(name)}`;
    const blob = `/v2/${repository}/blobs/${layer}`;
    const manifest = `/v2/${repository}/manifests/${image.digest}`;
    let front: FrontClient;
    beforeAll(() => {
      front = matrix.client(name);
    });

    it("takes an image; every Location and Link is a path", async () => {
      const answers = [];
      for (const [digest, bytes] of image.blobs) {
        const opened = await front.ask("POST", `/v2/${repository}/blobs/uploads/`);
        const sent = await front.ask("PATCH", opened.location, { body: bytes });
        const put = await front.ask("PUT", withQuery(sent.location, { digest }));
        expect([opened.status, sent.status, put.status]).toEqual([202, 202, 201]);
        expect((await front.ask("GET", sent.location)).status).toBe(404);
        answers.push(opened, sent, put);
      }
      for (const tag of ["one", "two"]) {
        const headers = { "content-type": ociManifest };
        const path = `/v2/${repository}/manifests/${tag}`;
        const put = await front.ask("PUT", path, { headers, body: image.manifest });
        expect([put.status, put.headers["docker-content-digest"]]).toEqual([201, image.digest]);
        answers.push(put);
      }
      for (const { location } of answers) expect(location).toMatch(/^\/v2\//);
      const listed = await front.ask("GET", `/v2/${repository}/tags/list?n=1`);
      expect(listed.headers["link"]).toMatch(/^<\/v2\/[^>]*>; rel="next"$/);
      const wanted = name === "shipped" ? "HTTP/2.0" : "HTTP/1.1";
      expect([listed.headers["via-nginx"]].flat()).toContain(wanted);
    });

    it("answers HEAD with the headers of GET, and both as Berth does without a proxy", async () => {
      for (const [path, bytes] of [[blob, content] as const, [manifest, image.manifest] as const]) {
        const headers = { accept: ociManifest };
        const direct = await matrix.berth.http.send("HEAD", path, { headers });
        const wanted = kept.map((header) => [header, direct.headers[header]]);
        const [head, get] = [
          await front.ask("HEAD", path, { headers }),
          await front.ask("GET", path, { headers }),
        ];
        expect(sha256(get.body)).toBe(sha256(bytes));
        for (const answer of [head, get]) {
          expect(answer.status).toBe(200);
          expect(kept.map((header) => [header, answer.headers[header]])).toEqual(wanted);
          expect(answer.headers["content-length"]).toBe(String(bytes.length));
          expect(answer.headers["content-encoding"]).toBeUndefined();
        }
      }
    });

    it("passes ranges on: 206, If-Range, 416", async () => {
      const { etag = "" } = (await front.ask("HEAD", blob)).headers;
      const ranged = (range: string, ifRange = String(etag)): ReturnType<FrontClient["ask"]> =>
        front.ask("GET", blob, { headers: { range, "if-range": ifRange } });
      const size = content.length;
      for (const [range, from, to] of [
        ["bytes=100-199", 100, 200],
        [`bytes=${size - 1000}-`, size - 1000, size],
        ["bytes=-10", size - 10, size],
      ] as const) {
        const part = await ranged(range);
        expect([part.status, part.headers["content-range"]]).toEqual([
          206,
          `bytes ${from}-${to - 1}/${size}`,
        ]);
        expect(part.headers["content-length"]).toBe(String(to - from));
        expect(sha256(part.body)).toBe(sha256(content.subarray(from, to)));
      }
      const changed = await ranged("bytes=100-199", '"another"');
      expect([changed.status, sha256(changed.body)]).toEqual([200, layer]);
      const beyond = await ranged(`bytes=${size}-`);
      expect([beyond.status, beyond.headers["content-range"]]).toEqual([416, `bytes */${size}`]);
    });

    it("lets a download that broke off go on where it was", async () => {
      const begun = await front.askForPart(blob, 200_000);
      expect(begun.length).toBeLessThan(content.length);
      const rest = await front.ask("GET", blob, {
        headers: { range: `bytes=${begun.length}-`, "if-range": `"${layer}"` },
      });
      expect(rest.status).toBe(206);
      expect(sha256(Buffer.concat([begun, rest.body]))).toBe(layer);
    });

    // nginx's gzip ignores no-transform. It takes Content-Length away and weakens the ETag, which clients bear: they
    // unpack what they asked to have packed. A length that is not that of the bytes is what they can't bear.
    it("gives the right bytes to a client that accepts gzip", async () => {
      for (const [path, digest] of [[blob, layer] as const, [manifest, image.digest] as const]) {
        const headers = { "accept-encoding": "gzip", accept: ociManifest };
        const answer = await front.ask("GET", path, { headers });
        const packed = answer.headers["content-encoding"] === "gzip";
        expect(packed).toBe(name === "gzip");
        expect(sha256(packed ? gunzipSync(answer.body) : answer.body)).toBe(digest);
        expect(answer.headers["docker-content-digest"]).toBe(digest);
        expect(answer.headers["cache-control"]).toContain("no-transform");
        expect(answer.headers["content-length"]).toBe(packed ? undefined : String(answer.body.length));
        const etag = String(answer.headers["etag"]);
        expect(etag).toBe(packed ? `W/"${digest}"` : `"${digest}"`);
        const again = await front.ask("GET", path, { headers: { ...headers, "if-none-match": etag } });
        expect([again.status, again.body.length]).toEqual([304, 0]);
      }
    });
  });
}

// Limits count silence: with limits of three seconds a transfer of eight must come through, in both directions. The
// long form has the limits of the shipped file and takes ten minutes.
describe.skipIf(nginx.missing)(
  `${nginx.title}: slow transfers, through deploy/nginx.conf where nothing else is said`,
  () => {
    const steps = long ? 600 : 32;
    const stepMilliseconds = long ? 1000 : 250;
    const block = frontsFor(async () => {
      const berth = await BerthProcess.start(long ? {} : { BERTH_HTTP_INACTIVITY_SECONDS: "3" });
      return { berth, fronts: await startFronts(berth.host, long ? {} : { timeoutSeconds: 3 }) };
    });

    const downloadSlowly = async (front: FrontClient, version: string): Promise<void> => {
      // Far more than all sockets and buffers on the way hold, so that the reader's pace reaches Berth.
      const layer = randomBytes(64_000_000);
      const digest = await block.berth.http.pushBlob("slow/get", layer);
      const { headers, body } = await front.open("GET", `/v2/slow/get/blobs/${digest}`);
      expect(headers["via-nginx"]).toBe(version);
      const parts: Buffer[] = [];
      let received = 0;
      let pauseAt = 0;
      for await (const part of body) {
        parts.push(part as Buffer);
        received += (part as Buffer).length;
        if (received < pauseAt) continue;
        pauseAt += layer.length / steps;
        await delay(stepMilliseconds);
      }
      expect(sha256(Buffer.concat(parts))).toBe(digest);
    };

    it.concurrent("finishes one through an nginx whose buffering nobody has turned off", async () => {
      await downloadSlowly(block.client("tls"), "HTTP/1.1");
    });

    for (const version of ["HTTP/1.1", "HTTP/2.0"]) {
      it.concurrent(`finishes a download of ${steps} steps over ${version}`, async () => {
        await downloadSlowly(block.client("shipped", version === "HTTP/2.0"), version);
      });

      it.concurrent(`finishes an upload of ${steps} steps over ${version}`, async () => {
        const front = block.client("shipped", version === "HTTP/2.0");
        const pieces = Array.from({ length: steps }, () => randomBytes(64 * 1024));
        const digest = sha256(Buffer.concat(pieces));
        async function* slowly(): AsyncGenerator<Buffer> {
          for (const piece of pieces) {
            yield piece;
            await delay(stepMilliseconds);
          }
        }
        const { location } = await front.ask("POST", "/v2/slow/put/blobs/uploads/");
        const put = await front.ask("PUT", withQuery(location, { digest }), {
          headers: { "content-length": String(steps * 64 * 1024) },
          body: slowly(),
        });
        expect([put.status, put.headers["via-nginx"]]).toEqual([201, version]);
      });
    }
  },
);

describe.skipIf(nginx.missing)(`${nginx.title}: http.publicUrl`, () => {
  let publicUrl: string;
  const block = frontsFor(async () => {
    const ports = await portsForFronts();
    publicUrl = `https://127.0.0.1:${ports[frontNames.indexOf("tls")]}`;
    const berth = await BerthProcess.start({ BERTH_HTTP_PUBLIC_URL: publicUrl });
    return { berth, fronts: await startFronts(berth.host, { ports }) };
  });

  it("is in every Location, whichever Host arrives, and a push that follows it succeeds", async () => {
    const content = randomBytes(100_000);
    const digest = sha256(content);
    for (const name of ["tls", "wrong host"] as const) {
      const front = block.client(name);
      const path = `/v2/public/${frontNames.indexOf(name)}/blobs/uploads/`;
      const opened = await front.ask("POST", path);
      expect(opened.location.startsWith(`${publicUrl}/v2/`)).toBe(true);
      const put = await front.ask("PUT", `${opened.location}?digest=${digest}`, { body: content });
      expect(put.status).toBe(201);
      expect(put.location.startsWith(`${publicUrl}/v2/`)).toBe(true);
      expect(sha256((await front.ask("GET", put.location)).body)).toBe(digest);
    }
  });

  it.skipIf(skopeo.missing)(`is followed by ${skopeo.title}`, async () => {
    const folder = await createScratchFolder();
    try {
      await writeLayout(folder, "1", image);
      const target = `docker://${new URL(publicUrl).host}/public/skopeo:1`;
      const trust = `--dest-cert-dir=${dirname(block.fronts.certificates.authority)}`;
      await runCommand("skopeo", ["copy", trust, `oci:${folder}:1`, target]);
      expect((await verifyImage(block.berth.http, "public/skopeo", "1")).digest).toBe(image.digest);
    } finally {
      await removeScratchFolder(folder);
    }
  });
});
