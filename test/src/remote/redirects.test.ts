import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { digestOf } from "../../../storage/digest.ts";
import { failureIn } from "../../contracts/upstream.ts";
import { startFakeUpstream } from "../../support/upstream/fake-upstream.ts";
import { remoteUnderTest } from "./remote-under-test.ts";

const { signal } = new AbortController();
const name = "library/alpine";

async function redirecting(to: string, status?: number) {
  const fake = await startFakeUpstream({ auth: "token" });
  onTestFinished(() => fake.close());
  const layer = fake.addImage(name, "3.20", { layers: [5000] }).manifests[0]!.layers[0]!;
  fake.faults.set(
    { kind: "redirect", to, ...(status === undefined ? {} : { status }) },
    { where: ({ route }) => route === "blobGet" },
  );
  return { fake, layer, remote: remoteUnderTest({ url: fake.url }) };
}

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])(
    "with %i is followed, without Authorization, with the range",
    async (status) => {
      const { fake, layer, remote } = await redirecting("other-host", status);
      const { body, start, size } = await remote.fetchBlob(name, layer, { signal, start: 1000 });
      expect([start, size, (await buffer(body)).length]).toEqual([1000, 5000, 4000]);
      expect(fake.requests.of("blobGet").at(-1)?.headers.authorization).toMatch(/^Bearer /);
      const [stored] = fake.requests.of("stored");
      expect(stored?.headers.authorization).toBeUndefined();
      expect(stored?.headers.range).toBe("bytes=1000-");
      expect(remote.redirectHosts()).toEqual([fake.storageHost]);
    },
  );

  it("to the same origin keeps Authorization, and may be relative", async () => {
    const { fake, layer, remote } = await redirecting("../blobs/there");
    expect(await failureIn(remote.fetchBlob(name, layer, { signal }))).toBe("failing");
    const [, first, second] = fake.requests.of("blobGet");
    expect(second?.path).toBe(`/v2/${name}/blobs/there`);
    expect(second?.headers.authorization).toBe(first?.headers.authorization);
    expect(remote.redirectHosts()).toEqual([]);
  });

  it("to a listing elsewhere is shown no Authorization there, nor is its next page", async () => {
    const elsewhere = await startFakeUpstream({ maxTags: 1 });
    onTestFinished(() => elsewhere.close());
    for (const tag of ["a", "b"]) elsewhere.addImage(name, tag);
    const { fake, remote } = await redirecting("other-host");
    fake.faults.set(
      { kind: "redirect", to: `${elsewhere.url}/v2/${name}/tags/list` },
      { where: ({ route }) => route === "tags" },
    );
    expect(await remote.listTags(name, { limit: 1 }, { signal })).toEqual({ tags: ["a"], more: true });
    expect(await remote.listTags(name, { after: "a", limit: 1 }, { signal })).toMatchObject({ tags: ["b"] });
    const shown = elsewhere.requests.of("tags").map(({ headers }) => headers.authorization);
    expect(shown).toEqual([undefined, undefined]);
  });

  it.each([
    [401, "failing"],
    [403, "failing"],
    [404, "absent"],
    [500, "failing"],
  ] as const)("to where %i is answered is %s: our credentials are not to blame", async (status, failure) => {
    const { fake, layer, remote } = await redirecting("other-host");
    fake.faults.set({ kind: "status", status }, { where: ({ route }) => route === "stored" });
    const asked = remote.fetchBlob(name, layer, { signal });
    expect(await failureIn(asked)).toBe(failure);
    await expect(asked).rejects.not.toThrow(/Signature|of-the-store/);
    expect(fake.requests.tokens).toBe(1);
  });

  it("of a broken transfer is told as the transfer's failure", async () => {
    const { fake, layer, remote } = await redirecting("other-host");
    fake.faults.set({ kind: "cut", afterBytes: 100 }, { where: ({ route }) => route === "stored" });
    const { body } = await remote.fetchBlob(name, layer, { signal });
    expect(await failureIn(buffer(body))).toBe("connection");
    fake.faults.clear();
    expect(digestOf(await buffer((await remote.fetchBlob(name, layer, { signal })).body))).toBe(layer);
  });
});
