// end-9 and its refusals: what may go, in which order, and what stays (REQ-7).
import { describe, expect, it } from "vitest";
import { artifact, describeManifest, emptyJson, imageIndex } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const status = async (method: string, path: string) => (await use.client.send(method, path)).status;

describe("deleting", () => {
  it("a tag removes exactly that tag", async () => {
    const image = await use.client.pushImage("del/tag", "a");
    await use.client.pushManifest("del/tag", "b", image);
    expect(await status("DELETE", "/v2/del/tag/manifests/a")).toBe(202);
    expectError(await use.client.send("GET", "/v2/del/tag/manifests/a"), 404, "MANIFEST_UNKNOWN");
    expectError(await use.client.send("DELETE", "/v2/del/tag/manifests/a"), 404, "MANIFEST_UNKNOWN");
    expect(await status("GET", "/v2/del/tag/manifests/b")).toBe(200);
    expect(await status("GET", `/v2/del/tag/manifests/${image.digest}`)).toBe(200);
  });

  it("a digest removes the manifest and all its tags", async () => {
    const image = await use.client.pushImage("del/digest", "a");
    await use.client.pushManifest("del/digest", "b", image);
    const other = await use.client.pushImage("del/digest", "c");
    expect(await status("DELETE", `/v2/del/digest/manifests/${image.digest}`)).toBe(202);
    for (const reference of ["a", "b", image.digest]) {
      expect([reference, await status("GET", `/v2/del/digest/manifests/${reference}`)]).toEqual([
        reference,
        404,
      ]);
    }
    const list = await use.client.send("GET", "/v2/del/digest/tags/list");
    expect(JSON.parse(list.body.toString())).toEqual({ name: "del/digest", tags: ["c"] });
    expect(await status("GET", `/v2/del/digest/manifests/${other.digest}`)).toBe(200);
    expectError(
      await use.client.send("DELETE", `/v2/del/digest/manifests/${image.digest}`),
      404,
      "MANIFEST_UNKNOWN",
    );
  });

  it("tag, index, child and blob, straight after each other, gives 202 four times", async () => {
    const image = await use.client.pushImage("del/four");
    const index = imageIndex([describeManifest(image)]);
    await use.client.pushManifest("del/four", "v1", index);
    const layer = await use.client.pushBlob("del/four", image.layers[0]!);
    const paths = [
      "manifests/v1",
      `manifests/${index.digest}`,
      `manifests/${image.digest}`,
      `blobs/${layer}`,
    ];
    for (const path of paths)
      expect([path, await status("DELETE", `/v2/del/four/${path}`)]).toEqual([path, 202]);
  });

  it("a child is refused while an index lists it, which the answer names", async () => {
    const image = await use.client.pushImage("del/child", "child");
    const index = imageIndex([describeManifest(image)]);
    await use.client.pushManifest("del/child", "v1", index);
    const path = `/v2/del/child/manifests/${image.digest}`;
    const refused = await use.client.send("DELETE", path);
    expect(expectError(refused, 405, "DENIED").detail).toEqual({
      digest: image.digest,
      neededBy: index.digest,
    });
    expect(await status("GET", "/v2/del/child/manifests/child")).toBe(200);
    expect(await status("DELETE", "/v2/del/child/manifests/child")).toBe(202);
    expect(await status("GET", path)).toBe(200);
    expect(await status("DELETE", `/v2/del/child/manifests/${index.digest}`)).toBe(202);
    expect(await status("DELETE", path)).toBe(202);
  });

  it("does not look at indexes of other repositories", async () => {
    const image = await use.client.pushImage("del/one");
    await use.client.pushImage("del/two");
    for (const layer of image.layers) await use.client.pushBlob("del/two", layer);
    const parent = imageIndex([describeManifest(image)]);
    await use.client.pushManifest("del/one", "v1", parent);
    const artifactOf = artifact("application/vnd.example", undefined);
    await use.client.pushBlob("del/two", emptyJson);
    await use.client.pushManifest("del/two", artifactOf.digest, artifactOf);
    await use.client.pushBlob("del/one", emptyJson);
    await use.client.pushManifest("del/one", artifactOf.digest, artifactOf);
    await use.client.pushManifest("del/one", "v2", imageIndex([describeManifest(artifactOf)]));
    expect(await status("DELETE", `/v2/del/two/manifests/${artifactOf.digest}`)).toBe(202);
    expect(await status("GET", `/v2/del/one/manifests/${artifactOf.digest}`)).toBe(200);
  });

  it("a subject is allowed; what refers to it stays", async () => {
    const image = await use.client.pushImage("del/subject", "v1");
    await use.client.pushBlob("del/subject", emptyJson);
    const signature = artifact("application/vnd.example.sig", describeManifest(image));
    await use.client.pushManifest("del/subject", signature.digest, signature);
    expect(await status("DELETE", `/v2/del/subject/manifests/${image.digest}`)).toBe(202);
    expect(await status("GET", `/v2/del/subject/manifests/${signature.digest}`)).toBe(200);
    const referrers = await use.client.send("GET", `/v2/del/subject/referrers/${image.digest}`);
    expect(JSON.parse(referrers.body.toString())).toMatchObject({
      manifests: [{ digest: signature.digest }],
    });
  });

  it("the last manifest takes the repository out of the listings; pushing it again brings it back", async () => {
    const image = await use.client.pushImage("del/last", "v1");
    const listed = async () => {
      const answer = await use.client.send("GET", "/v2/_catalog?last=del/las&n=1");
      return (JSON.parse(answer.body.toString()) as { repositories: string[] }).repositories;
    };
    expect(await listed()).toEqual(["del/last"]);
    expect(await status("DELETE", `/v2/del/last/manifests/${image.digest}`)).toBe(202);
    expect(await listed()).not.toContain("del/last");
    expectError(await use.client.send("GET", "/v2/del/last/tags/list"), 404, "NAME_UNKNOWN");
    await use.client.pushManifest("del/last", "v1", image);
    expect(await listed()).toEqual(["del/last"]);
  });
});
