// end-1, the list of extensions, health, and where answers point (REQ-13, REQ-70c).
import { describe, expect, it } from "vitest";
import { imageIndex, randomBlob, digestOf } from "../../support/images.ts";
import { jsonOf } from "../../support/oci-answer.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts } from "../../support/serve-parts.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();

describe("the ping", () => {
  it.each(["/v2/", "/v2", "/v2/?ns=docker.io"])("answers %s with an empty object", async (path) => {
    const answer = await use.client.send("GET", path);
    expect([answer.status, answer.body.toString()]).toEqual([200, "{}"]);
    expect(answer.headers["docker-distribution-api-version"]).toBe("registry/2.0");
    expect((await use.client.send("HEAD", path)).status).toBe(200);
  });
});

describe("the list of extensions", () => {
  it("names each with its endpoints", async () => {
    const answer = await use.client.send("GET", "/v2/_oci/ext/discover");
    expect(answer.status).toBe(200);
    const { extensions } = jsonOf(answer) as { extensions: { name: string; endpoints: string[] }[] };
    expect(extensions.map(({ name }) => name)).toEqual(["_oci", "_catalog"]);
    for (const { endpoints } of extensions) {
      for (const endpoint of endpoints) {
        expect([endpoint, (await use.client.send("GET", `/v2/${endpoint}`)).status]).toEqual([endpoint, 200]);
      }
    }
  });
});

describe("health", () => {
  it.each(["/", "/livez", "/readyz"])("is at %s", async (path) => {
    const answer = await use.client.send("GET", path);
    expect(answer.status).toBe(200);
    expect((await use.client.send("HEAD", path)).status).toBe(200);
    expect((await use.client.send("POST", path)).status).toBe(404);
  });

  it("is not ready while its metadata does not answer, and says why", async () => {
    const served = await serveParts();
    const client = new RegistryClient(served.url);
    expect((await client.send("GET", "/readyz")).status).toBe(200);
    await served.metadata.close();
    const answer = await client.send("GET", "/readyz");
    expect(answer.status).toBe(503);
    expect(jsonOf(answer)).toMatchObject({
      status: "not ready",
      reason: expect.stringMatching(/\w/) as string,
    });
    expect((await client.send("GET", "/livez")).status).toBe(200);
    client.close();
    await served.stop();
  });
});

describe("Location and Link", () => {
  const hostile = { host: "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" };

  /** Every answer that points somewhere, as the headers it points with. */
  async function pointers(client: RegistryClient): Promise<string[]> {
    const content = randomBlob();
    const digest = digestOf(content);
    const sending = { headers: hostile };
    const start = await client.send("POST", "/v2/where/blobs/uploads/", sending);
    const session = new URL(String(start.headers.location), client.origin).pathname.replace(
      /^.*(?=\/v2\/)/,
      "",
    );
    const patch = await client.send("PATCH", session, { ...sending, body: "x" });
    const state = await client.send("GET", session, sending);
    const order = await client.send("PATCH", session, {
      headers: { ...hostile, "content-range": "9-9" },
      body: "x",
    });
    const whole = await client.send("POST", `/v2/where/blobs/uploads/?digest=${digest}`, {
      ...sending,
      body: content,
    });
    const mount = await client.send("POST", `/v2/there/blobs/uploads/?mount=${digest}`, sending);
    const index = imageIndex([]);
    const manifest = await client.putManifest("where", "a?tag=b", index, sending);
    const tags = await client.send("GET", "/v2/where/tags/list?n=1", sending);
    const places = [start, patch, state, order, whole, mount, manifest].map(({ headers }) =>
      String(headers.location),
    );
    return [...places, String(tags.headers.link).replace(/^<(.*)>.*$/, "$1")];
  }

  it("are absolute paths, whatever the request says of hosts", async () => {
    const all = await pointers(use.client);
    expect(all).toHaveLength(8);
    for (const pointer of all) expect(pointer).toMatch(/^\/v2\/(where|there)\//);
  });

  it.each(["https://registry.example.com", "https://registry.example.com:8443/below/"])(
    "begin with publicUrl when it is set: %s",
    async (publicUrl) => {
      const served = await serveParts({ publicUrl });
      const client = new RegistryClient(served.url);
      const all = await pointers(client);
      expect(all).toHaveLength(8);
      for (const pointer of all) {
        expect(pointer.startsWith(`${publicUrl.replace(/\/$/, "")}/v2/`) ? "ok" : pointer).toBe("ok");
      }
      client.close();
      await served.close();
    },
  );
});
