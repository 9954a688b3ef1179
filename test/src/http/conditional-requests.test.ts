// RFC 9110 §13: what a client has need not be sent again, and a tag moves only on the terms that the client sets.
import { describe, expect, it } from "vitest";
import { artifact, emptyJson } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();

/** A manifest of its own for each `n`. */
const numbered = (n: number | string) => artifact(`application/vnd.example.n${n}`, undefined);

describe("If-None-Match on a read", () => {
  it.each(["GET", "HEAD"])("answers %s of known content with 304 and no body", async (method) => {
    const image = await use.client.pushImage("conditions/read", "v1");
    const blob = image.layers[0]!;
    const blobDigest = await use.client.pushBlob("conditions/read", blob);
    const rows = [
      ["/v2/conditions/read/manifests/v1", image.digest],
      [`/v2/conditions/read/manifests/${image.digest}`, image.digest],
      [`/v2/conditions/read/blobs/${blobDigest}`, blobDigest],
    ] as const;
    for (const [path, digest] of rows) {
      for (const tag of [`"${digest}"`, `W/"${digest}"`, digest, `"other", "${digest}"`, "*"]) {
        const answer = await use.client.send(method, path, { headers: { "if-none-match": tag } });
        expect([path, tag, answer.status, answer.body.length]).toEqual([path, tag, 304, 0]);
        expect(answer.headers).toMatchObject({ etag: `"${digest}"`, "docker-content-digest": digest });
      }
      const other = await use.client.send(method, path, { headers: { "if-none-match": '"sha256:00"' } });
      expect([path, other.status]).toEqual([path, 200]);
    }
  });

  it("is a 404 for what is not there", async () => {
    const answer = await use.client.send("GET", "/v2/conditions/read/manifests/none", {
      headers: { "if-none-match": "*" },
    });
    expectError(answer, 404, "MANIFEST_UNKNOWN");
  });
});

describe("a conditional manifest PUT", () => {
  const put = (reference: string, n: number | string, headers: Record<string, string>) =>
    use.client.putManifest("conditions/put", reference, numbered(n), { headers });

  it("with If-None-Match: * makes a tag and never moves one", async () => {
    await use.client.pushBlob("conditions/put", emptyJson);
    expect((await put("fresh", 1, { "if-none-match": "*" })).status).toBe(201);
    const refused = await put("fresh", 2, { "if-none-match": "*" });
    expect(expectError(refused, 412, "DENIED").detail).toEqual({ current: numbered(1).digest });
    expect(refused.headers.etag).toBe(`"${numbered(1).digest}"`);
    const now = await use.client.send("HEAD", "/v2/conditions/put/manifests/fresh");
    expect(now.headers["docker-content-digest"]).toBe(numbered(1).digest);
    const unstored = await use.client.send("HEAD", `/v2/conditions/put/manifests/${numbered(2).digest}`);
    expect(unstored.status).toBe(404);
  });

  it("with If-Match moves a tag only from what the client saw", async () => {
    await use.client.pushBlob("conditions/put", emptyJson);
    expect((await put("moving", 1, {})).status).toBe(201);
    expectError(await put("moving", 3, { "if-match": `"${numbered(2).digest}"` }), 412, "DENIED");
    expect((await put("moving", 2, { "if-match": `"x", "${numbered(1).digest}"` })).status).toBe(201);
    expect((await put("moving", 3, { "if-match": "*" })).status).toBe(201);
    expectError(await put("absent", 1, { "if-match": "*" }), 412, "DENIED");
    expectError(await put("absent", 1, { "if-match": '"not a digest"' }), 412, "DENIED");
  });

  it("with If-None-Match and a digest replaces anything but that", async () => {
    await use.client.pushBlob("conditions/put", emptyJson);
    const seen = { "if-none-match": `"${numbered(1).digest}"` };
    expect((await put("differs", 1, seen)).status).toBe(201);
    expectError(await put("differs", 2, seen), 412, "DENIED");
    expect((await put("differs", 2, {})).status).toBe(201);
    expect((await put("differs", 3, seen)).status).toBe(201);
  });

  it("with If-Match compares strongly: a weak tag is never the one", async () => {
    await use.client.pushBlob("conditions/put", emptyJson);
    await put("weak", 1, {});
    expectError(await put("weak", 2, { "if-match": `W/"${numbered(1).digest}"` }), 412, "DENIED");
  });

  it("by digest is about the manifest itself", async () => {
    await use.client.pushBlob("conditions/put", emptyJson);
    const { digest } = numbered("own");
    expectError(await put(digest, "own", { "if-match": "*" }), 412, "DENIED");
    expect((await put(digest, "own", { "if-none-match": "*" })).status).toBe(201);
    expectError(await put(digest, "own", { "if-none-match": "*" }), 412, "DENIED");
    expect((await put(digest, "own", { "if-match": `"${digest}"` })).status).toBe(201);
  });

  it("lets exactly one of fifty first pushers win, and tells the others who", async () => {
    await use.client.pushBlob("conditions/race", emptyJson);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        use.client.putManifest("conditions/race", "v1", numbered(n), { headers: { "if-none-match": "*" } }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(49);
    const winner = numbered(statuses.indexOf(201)).digest;
    const tag = await use.client.send("HEAD", "/v2/conditions/race/manifests/v1");
    expect(tag.headers["docker-content-digest"]).toBe(winner);
    for (const { status, headers } of answers) if (status === 412) expect(headers.etag).toBe(`"${winner}"`);
  });

  it("gives a chain of If-Match moves no lost update", async () => {
    await use.client.pushBlob("conditions/chain", emptyJson);
    await use.client.pushManifest("conditions/chain", "v1", numbered("start"));
    let moved = 0;
    const mover = async (name: string): Promise<void> => {
      for (let done = false; !done;) {
        const seen = await use.client.send("HEAD", "/v2/conditions/chain/manifests/v1");
        const headers = { "if-match": String(seen.headers.etag) };
        const answer = await use.client.putManifest("conditions/chain", "v1", numbered(name), { headers });
        done = answer.status === 201;
        if (done) moved++;
        else expect(answer.status).toBe(412);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, n) => mover(`mover${n}`)));
    expect(moved).toBe(8);
  });
});

describe("a conditional DELETE", () => {
  const repository = "conditions/delete";
  const remove = (reference: string, ifMatch: string) =>
    use.client.send("DELETE", `/v2/${repository}/manifests/${reference}`, {
      headers: { "if-match": ifMatch },
    });

  it("of a tag removes it only from what the client saw", async () => {
    await use.client.pushBlob(repository, emptyJson);
    await use.client.pushManifest(repository, "v1", numbered(1));
    const refused = await remove("v1", `"${numbered(2).digest}"`);
    expect(expectError(refused, 412, "DENIED").detail).toEqual({ current: numbered(1).digest });
    expect((await use.client.send("HEAD", `/v2/${repository}/manifests/v1`)).status).toBe(200);
    expect((await remove("v1", `"${numbered(1).digest}"`)).status).toBe(202);
    expectError(await remove("v1", `"${numbered(1).digest}"`), 404, "MANIFEST_UNKNOWN");
  });

  it("of a digest is refused when it demands another", async () => {
    await use.client.pushBlob(repository, emptyJson);
    await use.client.pushManifest(repository, "v1", numbered(1));
    expectError(await remove(numbered(1).digest, `"${numbered(2).digest}"`), 412, "DENIED");
    expect((await remove(numbered(1).digest, `"${numbered(1).digest}"`)).status).toBe(202);
  });
});
