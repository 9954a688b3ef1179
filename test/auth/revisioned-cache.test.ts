// What is remembered costs the memory of what is remembered, and no more: keys come out of requests.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { AccessRevision } from "../../auth/access-revision.ts";
import { RevisionedCache } from "../../auth/revisioned-cache.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const unchanging = { revision: async () => 1, changes: () => undefined };

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

it("a key that was cut out of a long text does not keep that text", async () => {
  const revision = await AccessRevision.open(unchanging, { clock: () => 0 });
  const cache = new RevisionedCache<object>(revision, 10_000);
  const before = heapBytes();
  for (let index = 0; index < 1000; index++) {
    const text = Buffer.from(`the-name-of-project-${index}/${"x".repeat(60_000)}`).toString("utf8");
    await cache.load(text.slice(0, text.indexOf("/")), async () => ({}));
  }
  // 60 MB otherwise
  expect(heapBytes() - before).toBeLessThan(10_000_000);
  expect(cache.get("the-name-of-project-7")).toEqual({});
  revision.close();
});

it("keys that differ in what no encoding can say are different keys", async () => {
  const revision = await AccessRevision.open(unchanging, { clock: () => 0 });
  const cache = new RevisionedCache<{ readonly of: string }>(revision, 10);
  const keys = ["\ud800", "\udfff", "\ufffd", "é", "e\u0301"];
  for (const key of keys) await cache.load(key, async () => ({ of: key }));
  expect(keys.map((key) => cache.get(key)?.of)).toEqual(keys);
  revision.close();
});
