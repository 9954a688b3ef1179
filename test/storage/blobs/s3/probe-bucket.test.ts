// What `berth doctor storage` says about endpoints that work, dialects that lack something, and settings that are wrong.
import { ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Probe } from "../../../../storage/blobs/probe.ts";
import { probeBucket } from "../../../../storage/blobs/s3/probe-bucket.ts";
import type { S3Options } from "../../../../storage/blobs/s3/s3-options.ts";
import { s3Endpoints, type NamedS3Endpoint } from "../../../support/s3/s3-endpoint.ts";
import { clientOf } from "../../../support/s3/strict-s3-client.ts";
import { startStrictS3 } from "../../../support/s3/strict-s3-server.ts";

async function probed(
  start: NamedS3Endpoint["start"],
  more: Partial<S3Options> = {},
): Promise<Map<string, Probe>> {
  const server = await start();
  onTestFinished(() => server.close());
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = server;
  const options: S3Options = {
    ...{ endpoint, bucket, region, forcePathStyle: true, spoolDirectory: "/nowhere" },
    credentials: { kind: "static", accessKeyId, secretAccessKey },
    ...more,
  };
  const probes = new Map<string, Probe>();
  for await (const probe of probeBucket(options)) probes.set(probe.name, probe);
  return probes;
}

const failed = (probes: Map<string, Probe>): string[] =>
  [...probes.values()].flatMap(({ name, outcome }) => (outcome === "fails" ? [name] : []));

describe("the tries at a bucket", () => {
  it.each(s3Endpoints())("all work, or are not needed, at $name", async ({ start, equalParts }) => {
    const probes = await probed(start, { equalParts });
    expect(failed(probes)).toEqual([]);
    for (const name of ["put", "read", "range", "list", "multipart", "delete"])
      expect(probes.get(name)?.outcome).toBe("works");
  });

  it("leave nothing in the bucket", async () => {
    const server = await startStrictS3();
    onTestFinished(() => server.close());
    await probed(async () => ({ ...server, close: async () => undefined }));
    const client = clientOf(server);
    const where = { Bucket: server.bucket };
    expect((await client.send(new ListObjectsV2Command(where))).Contents ?? []).toEqual([]);
    expect((await client.send(new ListMultipartUploadsCommand(where))).Uploads ?? []).toEqual([]);
    client.destroy();
  });

  it("say that parts have to be equal where they have to, and nothing else", async () => {
    const probes = await probed(() => startStrictS3({ equalParts: true }));
    expect(failed(probes)).toEqual(["parts that grow"]);
    expect(probes.get("parts that grow")?.advice).toContain("equalParts: true");
  });

  it.each<[string, Partial<S3Options>, RegExp]>([
    ["a bucket that is not there", { bucket: "nobodys" }, /no bucket of that name/],
    [
      "a wrong key",
      { credentials: { kind: "static", accessKeyId: "wrong", secretAccessKey: "wrong" } },
      /credentials/,
    ],
    ["an endpoint where nobody is", { endpoint: "http://127.0.0.1:9" }, /nothing answers/],
  ])("name %s, and try nothing that can't work then", async (_, more, advice) => {
    const probes = await probed(() => startStrictS3(), more);
    expect(failed(probes)).toEqual(["put"]);
    expect(probes.get("put")?.advice).toMatch(advice);
    const others = [...probes.values()].filter(({ name }) => name !== "put");
    expect(new Set(others.map(({ outcome }) => outcome))).toEqual(new Set(["skipped"]));
  });

  it("do without signed URLs where nobody answers them", async () => {
    const probes = await probed(() => startStrictS3(), { publicEndpoint: "http://127.0.0.1:9" });
    expect(failed(probes)).toEqual([]);
    expect(probes.get("presign")).toMatchObject({ outcome: "skipped" });
    expect(probes.get("presign")?.advice).toContain("publicEndpoint");
  });
});
