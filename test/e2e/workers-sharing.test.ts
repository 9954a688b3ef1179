// Two workers on one port are one registry: what one of them acknowledged the other knows, and what one began the other
// can end.
import { randomBytes } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { ociManifest } from "../support/clients/image-layout.ts";
import {
  expectStatus,
  locationOf,
  RegistryHttp,
  sha256,
  withQuery,
} from "../support/clients/registry-http.ts";
import { berthForThisFile } from "./berth-process.ts";
import { offsetOf, sendRest } from "./cut-upload.ts";
import { connectToBoth } from "./worker-connections.ts";

const berth = berthForThisFile({ BERTH_HTTP_WORKERS: "2" });
const repository = "team/moving";

/** Two small images, pushed under no tag. */
async function pushTwo(http: RegistryHttp): Promise<readonly { digest: string; bytes: Buffer }[]> {
  const config = Buffer.from("{}");
  const digest = await http.pushBlob(repository, config);
  const images = [1, 2].map((version) => {
    const mediaType = "application/vnd.oci.empty.v1+json";
    const manifest = {
      ...{ schemaVersion: 2, mediaType: ociManifest, config: { mediaType, digest, size: config.length } },
      ...{ layers: [], annotations: { version: String(version) } },
    };
    const bytes = Buffer.from(JSON.stringify(manifest));
    return { digest: sha256(bytes), bytes };
  });
  for (const image of images) {
    expectStatus(await http.pushManifest(repository, image.digest, image.bytes, ociManifest), 201, "push");
  }
  return images;
}

/** Moves a tag at one server and asks for it at the other, by turns; how often the answer was an old one. */
async function countStale(one: RegistryHttp, other: RegistryHttp, rounds: number): Promise<number> {
  const images = await pushTwo(one);
  let stale = 0;
  for (let round = 0; round < rounds; round++) {
    const [writer, reader] = round % 1000 < 500 ? [one, other] : [other, one];
    const image = images[round % 2] ?? { digest: "", bytes: Buffer.of() };
    expectStatus(await writer.pushManifest(repository, "latest", image.bytes, ociManifest), 201, "PUT");
    const path = `/v2/${repository}/manifests/latest`;
    const answer = await reader.send(round % 3 === 0 ? "HEAD" : "GET", path);
    const isNew =
      answer.headers["docker-content-digest"] === image.digest &&
      (answer.body.length === 0 || answer.body.equals(image.bytes));
    if (!isNew) stale += 1;
  }
  return stale;
}

describe("two workers", () => {
  it("never answer with an old digest after the 201, in 10,000 moves of a tag", async () => {
    const [one, other] = await connectToBoth(berth.current);
    expect(await countStale(one, other, 10_000)).toBe(0);
  });

  it("go on with each other's uploads", async () => {
    const [one, other] = await connectToBoth(berth.current);
    const content = randomBytes(3_000_000);
    const digest = sha256(content);
    const location = await one.startUpload("team/handed");
    const first = await other.send("PATCH", location, {
      headers: { "content-type": "application/octet-stream", "content-range": "0-999999" },
      body: content.subarray(0, 1_000_000),
    });
    expect(first.status).toBe(202);
    expect(await offsetOf(one, location)).toBe(1_000_000);
    const rest = await sendRest(one, locationOf(first), content, 1_000_000);
    expect(rest.status).toBe(202);
    const put = await other.send("PUT", withQuery(locationOf(rest), { digest }), {
      headers: { "content-length": 0 },
    });
    expect(put.status).toBe(201);
    for (const http of [one, other]) {
      expect(await http.digestOf(`/v2/team/handed/blobs/${digest}`)).toMatchObject({ digest });
    }
  });
});

describe("two servers on two ports and one data directory", () => {
  it("never answer with an old digest after the 201, in 2,000 moves of a tag", async () => {
    const another = await berth.current.startAnother();
    onTestFinished(() => another.close());
    const clients = [berth.current, another].map(({ host }) => new RegistryHttp(`http://${host}`));
    onTestFinished(() => clients.forEach((client) => client.close()));
    const [one, other] = clients;
    if (one === undefined || other === undefined) throw new Error("there are two");
    expect(await countStale(one, other, 2_000)).toBe(0);
  });
});
