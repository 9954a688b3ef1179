// The races of REQ-2 as a table, which is printed: what a client does while another process is stopped in the middle of a
// collection, what it is answered, and whether all of it can be pulled after the collection went on. A 201 for a manifest
// whose content is missing would be the end of trust, wherever it stood in this table.
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { RegistryHttp } from "../../support/clients/registry-http.ts";
import { verifyImage } from "../../support/clients/verify-image.ts";
import {
  artifact,
  describeManifest,
  digestOf,
  emptyJson,
  imageIndex,
  imageManifest,
  randomBlob,
  type Manifest,
} from "../../support/images.ts";
import type { RegistryClient } from "../../support/registry-client.ts";
import { twoProcesses, type Stop } from "./two-processes.ts";

interface Old {
  readonly client: RegistryClient;
  /** Of `app`, or a layer of the old image. */
  readonly layer: Buffer;
  /** Whose tag was deleted. */
  readonly image: Manifest;
}

interface Race {
  readonly what: string;
  /** Where the manifest is pushed that relies on it. */
  readonly repository: string;
  /** Done while the other process is stopped; gives the statuses. */
  readonly first?: (old: Old) => Promise<readonly number[]>;
  /** The push that relies on what is there; while the other is stopped, when there is no `first`. */
  readonly put: (old: Old) => Manifest;
  /** What came of it, at each stop. */
  readonly outcomes: Partial<Record<Stop, string>>;
}

const [app, copy] = ["team/app", "team/copy"];
const rows: string[][] = [];

const upload =
  (repository: string) =>
  async ({ client, layer }: Old) => {
    const session = await client.startUpload(repository);
    const put = await client.send("PUT", `${session}?digest=${digestOf(layer)}`, { body: layer });
    return [put.status];
  };
const mount =
  (query: string) =>
  async ({ client, layer }: Old) => {
    const path = `/v2/${copy}/blobs/uploads/?mount=${digestOf(layer)}${query}`;
    return [(await client.send("POST", path)).status];
  };
const head = (path: (old: Old) => string) => async (old: Old) => [
  (await old.client.send("HEAD", `/v2/${app}/${path(old)}`)).status,
];
const asClientsDo = (repository: string) => async (old: Old) => {
  const found = await old.client.send("HEAD", `/v2/${repository}/blobs/${digestOf(old.layer)}`);
  return found.status === 200 ? [200] : [found.status, ...(await upload(repository)(old))];
};
const ofLayer = ({ layer }: Old) => imageManifest(emptyJson, [layer]);
const indexOf = ({ image }: Old) => imageIndex([describeManifest(image)]);

const whole = "PUT 201, whole";
const refused = "PUT 404";
const all = (outcome: string) => ({ marked: outcome, claimed: outcome, deleting: outcome });

// prettier-ignore
const ofBlob: readonly Race[] = [
  { what: "HEAD, then PUT manifest", repository: app, first: head(({ layer }) => `blobs/${digestOf(layer)}`), put: ofLayer,
    outcomes: { marked: `200, ${whole}`, claimed: `404, ${refused}`, deleting: `404, ${refused}` } },
  { what: "PUT manifest", repository: app, put: ofLayer,
    outcomes: { marked: whole, claimed: refused, deleting: refused } },
  { what: "HEAD, upload where that is 404, PUT manifest", repository: app, first: asClientsDo(app), put: ofLayer,
    outcomes: { marked: `200, ${whole}`, claimed: `404 201, ${whole}`, deleting: `404 201, ${whole}` } },
  { what: "upload, then PUT manifest", repository: app, first: upload(app), put: ofLayer, outcomes: all(`201, ${whole}`) },
  { what: "upload elsewhere, then PUT manifest", repository: copy, first: upload(copy), put: ofLayer,
    outcomes: all(`201, ${whole}`) },
  { what: "mount from there, then PUT manifest", repository: copy, first: mount(`&from=${app}`), put: ofLayer,
    outcomes: { marked: `201, ${whole}`, claimed: `202, ${refused}`, deleting: `202, ${refused}` } },
  { what: "mount from anywhere, then PUT manifest", repository: copy, first: mount(""), put: ofLayer,
    outcomes: { marked: `201, ${whole}`, claimed: `202, ${refused}`, deleting: `202, ${refused}` } },
];

const gone = (outcome: string) => ({ "manifest gone": outcome, ...all(outcome) });

// prettier-ignore
const ofImage: readonly Race[] = [
  { what: "HEAD of the image, then PUT index", repository: app, first: head(({ image }) => `manifests/${image.digest}`),
    put: indexOf, outcomes: { ...gone(`404, ${refused}`), marked: `200, ${whole}` } },
  { what: "PUT index", repository: app, put: indexOf, outcomes: { ...gone(refused), marked: whole } },
  { what: "PUT of the image again", repository: app, put: ({ image }) => image,
    outcomes: { ...gone(refused), marked: whole, "manifest gone": whole } },
  { what: "PUT of another image with its layer", repository: app, put: ofLayer,
    outcomes: { ...gone(refused), marked: whole, "manifest gone": whole } },
  { what: "HEAD of its layer, then PUT of another image", repository: app,
    first: head(({ layer }) => `blobs/${digestOf(layer)}`), put: ofLayer,
    outcomes: { ...gone(`404, ${refused}`), marked: `200, ${whole}`, "manifest gone": `200, ${whole}` } },
  { what: "mount of its layer, then PUT manifest", repository: copy, first: mount(`&from=${app}`), put: ofLayer,
    outcomes: { ...gone(`202, ${refused}`), marked: `201, ${whole}`, "manifest gone": `201, ${whole}` } },
  { what: "PUT of a referrer", repository: app,
    put: ({ image }) => artifact("application/signature", describeManifest(image)), outcomes: gone(whole) },
];

/** Something old, of which something older is collected first. */
const makers: Readonly<
  Record<string, (client: RegistryClient, age: () => void) => Promise<Omit<Old, "client">>>
> = {
  blob: async (client, age) => {
    await client.pushBlob("team/other", randomBlob());
    age();
    const layer = randomBlob(5000);
    await client.pushBlob(app, layer);
    return { layer, image: imageManifest(emptyJson, []) };
  },
  image: async (client, age) => {
    await client.pushImage("team/other", "v1");
    const image = await client.pushImage(app, "v1");
    await client.send("DELETE", "/v2/team/other/manifests/v1");
    age();
    await client.send("DELETE", `/v2/${app}/manifests/v1`);
    return { image, layer: image.layers[0] ?? emptyJson };
  },
};

afterAll(() => {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  process.stdout.write(`${["", ...lines].join("\n  ")}\n`);
});

const races = [
  ...ofBlob.map((race) => ({ kind: "blob", ...race })),
  ...ofImage.map((race) => ({ kind: "image", ...race })),
];
const cells = races.flatMap(({ outcomes, ...race }) =>
  Object.entries(outcomes).map(([stop, outcome]) => ({ ...race, stop: stop as Stop, outcome })),
);

describe("while the collection of an old", () => {
  it.each(cells)(
    "$kind is $stop: $what: $outcome",
    async ({ kind, what, stop, first, put, repository, outcome }) => {
      const { client, clock, grace, settle, stopAt } = await twoProcesses();
      const http = new RegistryHttp(client.origin);
      onTestFinished(() => http.close());
      const make = makers[kind];
      if (make === undefined) throw new Error(`nobody makes an old ${kind}`);
      const old = { client, ...(await make(client, () => (clock.now += 1000))) };
      clock.now += grace;
      for (const target of [app, copy]) await client.pushBlob(target, emptyJson);
      const goOn = await stopAt(stop);
      const manifest = put(old);
      const push = async () => (await client.putManifest(repository, manifest.digest, manifest)).status;

      const statuses = (await first?.(old)) ?? [];
      const early = first === undefined ? await push() : undefined;
      await goOn();
      await settle();
      const status = early ?? (await push());
      await settle();
      if (status === 201) await verifyImage(http, repository, manifest.digest);
      const cell = [
        ...(statuses.length > 0 ? [statuses.join(" ")] : []),
        `PUT ${status}${status === 201 ? ", whole" : ""}`,
      ];
      rows.push([`old ${kind}, ${stop}`, what, cell.join(", ")]);
      expect(cell.join(", ")).toBe(outcome);
    },
  );
});
