// Every way in which an upstream fails, by tag and by digest, cached and not, at a real process: what clients get, and
// how many calls it cost. One upstream for each failure, all of one Berth; the table is printed at the end.
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256, type Answer } from "../support/clients/registry-http.ts";
import { removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { type FakeUpstream, startFakeUpstream } from "../support/upstream/fake-upstream.ts";
import { beginOutage, type Outage, outages } from "../support/upstream/outages.ts";
import type { AddedImage } from "../support/upstream/upstream-content.ts";
import { BerthProcess } from "./berth-process.ts";
import { mirrorConfiguration, type MirrorFiles } from "./mirror-berth.ts";

interface Row extends Outage {
  readonly title: string;
  /** What asking about the cached tag costs in one window. */
  readonly calls: number;
  /** One component of a host. */
  readonly slug: string;
  readonly upstream: FakeUpstream;
  readonly image: AddedImage;
}

const moved: Outage = {
  fault: { kind: "wrong-bytes" },
  begin: (upstream) => void upstream.addImage("team/app", "1"),
  ...{ status: 502, code: "UNAVAILABLE", says: "not what its digest" },
};
// The HEAD says truly that the tag moved; what then comes is not it.
const failures = [
  ...Object.entries(outages).map(([title, outage]) => ({ title, calls: 1, ...outage })),
  { title: "corrupt, tag moved", calls: 2, ...moved },
].map((failure, index) => ({ ...failure, slug: `f${index}` }));

const blank = {
  "cached, 5 by tag": "",
  "calls for 5 tags": 0,
  "cached, 5 by digest": "",
  "calls for 5 digests": 0,
  "not cached, by tag": "",
  "calls by tag": 0,
  "not cached, by digest": "",
  "calls by digest": 0,
  "arrived of all calls": 0,
};
type Measured = typeof blank;

let rows: Row[];
let files: MirrorFiles;
let berth: BerthProcess;
/** What is printed at the end; as many columns, in this order. */
const measured = Object.fromEntries(failures.map(({ title }): [string, Measured] => [title, { ...blank }]));

/** Three upstreams of Berth at each: one whose image is cached, and two of which nothing is, by how it is asked for. */
const hostsOf = ({ slug }: { slug: string }) => ({
  cached: `${slug}.cached.example`,
  tag: `${slug}.tag.example`,
  digest: `${slug}.digest.example`,
});

const configuration = (urls: ReadonlyMap<Row, string>): string =>
  JSON.stringify({
    upstreams: Array.from(urls, ([row, url]) =>
      Object.values(hostsOf(row)).map((host) => ({
        ...{ host, url, tagTtl: [], tagTtlSeconds: 0, headersSeconds: 1 },
      })),
    ).flat(),
    mirror: { checkSeconds: 2, minFreeBytes: 0 },
  });

const get = (host: string, kind: string, reference: string): Promise<Answer> =>
  berth.http.send("GET", `/v2/${host}/team/app/${kind}/${reference}`);

/** As a client does: the index, its own platform, configuration and layers. Throws at the first that is not right. */
async function pull(host: string, { image }: Row, reference: string): Promise<Answer> {
  const index = await get(host, "manifests", reference);
  expect([index.status, sha256(index.body)]).toEqual([200, image.digest]);
  for (const { digest, config, layers } of image.manifests) {
    const wanted = [["manifests", digest], ...[config, ...layers].map((blob) => ["blobs", blob])] as const;
    for (const [kind = "", part = ""] of wanted) {
      const { status, body } = await get(host, kind, part);
      expect([status, sha256(body)]).toEqual([200, part]);
    }
  }
  return index;
}

/** By Berth's own figures, since no server counts what never arrives. */
async function callsTo(host: string): Promise<number> {
  const url = readFileSync(`${berth.folder}/log-${new URL(`http://${berth.host}`).port}`, "utf8")
    .match(/Metrics are at (http:[^"\s]+)/g)
    ?.at(-1)
    ?.replace("Metrics are at ", "");
  const text = await (await fetch(url ?? "")).text();
  const lines = text.matchAll(/^berth_mirror_upstream_calls_total\{upstream="([^"]*)".*\} (\d+)$/gm);
  return Array.from(lines, ([, upstream, count]) => (upstream === host ? Number(count) : 0)).reduce(
    (sum, count) => sum + count,
    0,
  );
}

/** Codes and messages of the registry's errors. */
const errorOf = ({ body }: Answer) =>
  (JSON.parse(body.toString()) as { errors: [{ code: string; message: string }] }).errors[0];

beforeAll(async () => {
  rows = await Promise.all(
    failures.map(async (failure): Promise<Row> => {
      const upstream = await startFakeUpstream();
      const platforms = ["linux/amd64", "linux/arm64"];
      return { ...failure, upstream, image: upstream.addImage("team/app", "1", { platforms }) };
    }),
  );
  files = await mirrorConfiguration({});
  const file = files.environment["BERTH_CONFIG"] ?? "";
  writeFileSync(file, configuration(new Map(rows.map((row) => [row, row.upstream.url]))));
  berth = await BerthProcess.start({ ...files.environment, BERTH_METRICS_LISTEN: "127.0.0.1:0" });
  await Promise.all(rows.map((row) => pull(hostsOf(row).cached, row, "1")));
  // A process that remembers nothing of its upstreams.
  await berth.stop();
  const urls = new Map<Row, string>();
  for (const row of rows) urls.set(row, await beginOutage(row.upstream, row));
  for (const { upstream } of rows) upstream.requests.clear();
  writeFileSync(file, configuration(urls));
  await berth.start();
});
afterAll(async () => {
  for (const { title, upstream } of rows)
    Object.assign(measured[title] ?? {}, { "arrived of all calls": upstream.requests.all.length });
  console.table(measured);
  await berth.close();
  for (const { upstream } of rows) await upstream.close().catch(() => undefined);
  await removeScratchFolder(files.folder);
});

describe.concurrent.each(failures.map((failure) => [failure.title, failure] as const))(
  "an upstream with %s",
  (_, failure) => {
    const rowOf = (): Row => {
      const row = rows.find(({ slug }) => slug === failure.slug);
      if (row === undefined) throw new Error(`no upstream for ${failure.title}`);
      return row;
    };
    const note = (cells: Partial<Measured>): void => {
      Object.assign(measured[failure.title] ?? {}, cells);
    };

    it("costs a cached image nothing by digest, and one check by tag however often it is pulled", async () => {
      const { cached: host } = hostsOf(failure);
      const row = rowOf();
      for (let pulls = 0; pulls < 5; pulls += 1) {
        const { headers } = await pull(host, row, row.image.digest);
        expect(headers["cache-status"]).toBe("berth; hit");
      }
      const callsByDigest = await callsTo(host);
      expect(callsByDigest).toBe(0);
      for (let pulls = 0; pulls < 5; pulls += 1) {
        const { headers } = await pull(host, row, "1");
        expect(headers["cache-status"]).toBe("berth; hit; detail=stale");
        expect(headers.warning).toContain("110");
        expect(headers.age).toMatch(/^\d+$/);
      }
      const callsByTag = await callsTo(host);
      expect(callsByTag).toBe(failure.calls);
      note({ "cached, 5 by tag": "200, stale", "calls for 5 tags": callsByTag });
      note({ "cached, 5 by digest": "200, hit", "calls for 5 digests": callsByDigest });
    });

    it.each(["tag", "digest"] as const)(
      "is told by status and code to who asks by %s for more",
      async (by) => {
        const host = hostsOf(failure)[by];
        const answer = await get(host, "manifests", by === "tag" ? "1" : rowOf().image.digest);
        const { code, message } = errorOf(answer);
        expect([answer.status, code]).toEqual([failure.status, failure.code]);
        expect(message).toContain(failure.says ?? "");
        expect(answer.body.toString()).not.toMatch(/127\.0\.0\.1|nothing\.invalid|localhost/);
        if (answer.status === 429) expect(answer.headers["retry-after"]).toBe("77");
        note({
          [`not cached, by ${by}`]: `${answer.status} ${code}`,
          [`calls by ${by}`]: await callsTo(host),
        });
      },
    );
  },
);
