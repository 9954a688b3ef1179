// end-11: a blob made to exist in a second repository, or an ordinary upload when that can't be done (REQ-18).
import { describe, expect, it } from "vitest";
import { digestOf, randomBlob } from "../../support/images.ts";
import { expectError, locationOf } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const mount = (repository: string, query: string) =>
  use.client.send("POST", `/v2/${repository}/blobs/uploads/?${query}`);

describe("a mount", () => {
  it.each([
    ["from the repository that has it", "&from=mounts/source"],
    ["without saying from where", ""],
    ["with what containerd and go-containerregistry add", "&from=mounts/source&origin=example.com&unknown=x"],
  ])("%s makes the blob exist, and its source keeps it", async (_, from) => {
    const content = randomBlob();
    const digest = await use.client.pushBlob("mounts/source", content);
    const answer = await mount("mounts/target", `mount=${digest}${from}`);
    expect([answer.status, locationOf(answer), answer.body.length]).toEqual([
      201,
      `/v2/mounts/target/blobs/${digest}`,
      0,
    ]);
    expect(answer.headers["docker-content-digest"]).toBe(digest);
    expect((await use.client.send("GET", answer.headers.location!)).body.equals(content)).toBe(true);
    expect((await use.client.send("DELETE", `/v2/mounts/target/blobs/${digest}`)).status).toBe(202);
    expect((await use.client.send("GET", `/v2/mounts/source/blobs/${digest}`)).body.equals(content)).toBe(
      true,
    );
  });

  it("of a sha512 digest works alike", async () => {
    const content = randomBlob();
    const digest = digestOf(content, "sha512");
    const session = await use.client.startUpload("mounts/source");
    expect((await use.client.send("PUT", `${session}?digest=${digest}`, { body: content })).status).toBe(201);
    expect((await mount("mounts/target", `mount=${digest}&from=mounts/source`)).status).toBe(201);
  });

  it("onto itself succeeds", async () => {
    const digest = await use.client.pushBlob("mounts/same", randomBlob());
    expect((await mount("mounts/same", `mount=${digest}&from=mounts/same`)).status).toBe(201);
  });

  it.each([
    ["from a repository that does not have it", "from=mounts/other"],
    ["from a repository that does not exist", "from=nobody/has/this"],
    ["from what is no name", "from=..%2F..%2Fetc"],
    ["from an empty name", "from="],
  ])("%s becomes an upload, which takes the blob", async (_, from) => {
    const content = randomBlob();
    const digest = await use.client.pushBlob("mounts/source", content);
    const answer = await mount("mounts/fallback", `mount=${digest}&${from}`);
    expect(answer.status).toBe(202);
    expect(answer.headers.range).toBe("0-0");
    const put = await use.client.send("PUT", `${locationOf(answer)}?digest=${digest}`, { body: content });
    expect(put.status).toBe(201);
  });

  it("of a blob that nobody has becomes an upload", async () => {
    expect((await mount("mounts/fallback", `mount=${digestOf(randomBlob())}`)).status).toBe(202);
  });

  it("that fails takes the body of a POST with a digest", async () => {
    const content = randomBlob();
    const digest = digestOf(content);
    const path = `/v2/mounts/whole/blobs/uploads/?mount=${digest}&from=mounts/source&digest=${digest}`;
    expect((await use.client.send("POST", path, { body: content })).status).toBe(201);
  });

  it("of what is no digest is refused", async () => {
    expectError(await mount("mounts/target", "mount=latest&from=mounts/source"), 400, "DIGEST_INVALID");
  });

  it("after which the source was deleted still serves an image", async () => {
    const image = await use.client.pushImage("mounts/first", "v1");
    const blobs = JSON.parse(image.bytes.toString()) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    for (const { digest } of [blobs.config, ...blobs.layers]) {
      expect((await mount("mounts/second", `mount=${digest}&from=mounts/first`)).status).toBe(201);
    }
    await use.client.pushManifest("mounts/second", "v1", image);
    await use.client.send("DELETE", `/v2/mounts/first/manifests/${image.digest}`);
    for (const { digest } of blobs.layers) {
      expect((await use.client.send("DELETE", `/v2/mounts/first/blobs/${digest}`)).status).toBe(202);
      expect((await use.client.send("GET", `/v2/mounts/second/blobs/${digest}`)).status).toBe(200);
    }
  });
});
