// "Delete untagged" as the store does it (REQ-4): it releases what stays for its own sake alone, and can never hit what
// something that stays needs.
import { describe, expect, test } from "vitest";
import type { UntaggedRoot } from "../../storage/metadata/retention-store.ts";
import { collect, grace, heldOf, push, start } from "./garbage-store-fixture.ts";
import { digestFor, type CurrentStore } from "./metadata-store-fixture.ts";
import { cacheImage } from "./mirror-store-fixture.ts";

const here = "team/app";
const later = start + 500;

export function untaggedContract(store: CurrentStore): void {
  /** Two manifests a step. */
  const roots = async (repository = here): Promise<UntaggedRoot[]> => {
    const found: UntaggedRoot[] = [];
    for (let after: string | undefined, more = true; more;) {
      const page = await store().retention.listUntagged(repository, { limit: 2, ...(after && { after }) });
      found.push(...page.roots);
      [after, more] = [page.next, page.next !== undefined];
    }
    return found;
  };
  /** In no particular order. */
  const rootNames = async (names: readonly string[]) => {
    const digests = new Set((await roots()).map(({ digest }) => digest));
    expect(digests.size).toBeLessThanOrEqual(names.length);
    return names.filter((name) => digests.has(digestFor(name)));
  };
  const timesOf = async (name: string) => {
    const { wantedAt, pulledAt } = (await roots()).find(({ digest }) => digest === digestFor(name)) ?? {};
    return [wantedAt, pulledAt];
  };
  const releaseAll = async () => store().retention.releaseUntagged(here, await roots(), later);

  describe("what nothing tags", () => {
    test("is what was pushed by digest, and what a tag was moved away from; what is cached is not", async () => {
      await push(store(), here, "by digest");
      await push(store(), here, "overwritten", { tags: ["v1"] });
      await push(store(), here, "current", { tags: ["v1"], now: later });
      await cacheImage(store(), "docker.io/app", { name: "cached", layers: [] });
      const names = ["by digest", "overwritten", "current"];
      expect(await rootNames(names)).toEqual(["by digest", "overwritten"]);
      expect(await roots("docker.io/app")).toEqual([]);
      expect(await roots("nobody/knows")).toEqual([]);
    });

    test("is wanted since its push, its last push, or the move of its tag, and pulled for itself", async () => {
      await push(store(), here, "root");
      expect(await timesOf("root")).toEqual([start, undefined]);
      await push(store(), here, "root", { now: start + 10 });
      expect(await timesOf("root")).toEqual([start + 10, undefined]);
      await push(store(), here, "root", { tags: ["v1"], now: start + 20 });
      await push(store(), here, "other", { tags: ["v1"], now: start + 30 });
      expect(await timesOf("root")).toEqual([start + 30, undefined]);
      const pulled = { repository: here, digest: digestFor("root") };
      await store().retention.notePulls([pulled], start + 40);
      expect(await timesOf("root")).toEqual([start + 30, start + 40]);
    });

    test("is pulled with what it lists", async () => {
      await push(store(), here, "child");
      await push(store(), here, "index", { children: ["child"] });
      await store().retention.notePulls([{ repository: here, digest: digestFor("child") }], later);
      expect(await timesOf("index")).toEqual([start, later]);
    });

    test("is released once, as it was judged, unless somebody wanted it since", async () => {
      for (const name of ["pulled", "tagged", "listed", "pushed", "left"]) await push(store(), here, name);
      const judged = await roots();
      const pulled = { repository: here, digest: digestFor("pulled") };
      await store().retention.notePulls([pulled], later);
      await push(store(), here, "tagged", { tags: ["v1"] });
      await push(store(), here, "index", { children: ["listed"], tags: ["v2"] });
      await push(store(), here, "pushed", { now: later });
      const released = await store().retention.releaseUntagged(here, judged, later);
      expect(released).toEqual([digestFor("left")]);
      expect(await rootNames(["pulled", "pushed", "left"])).toEqual(["pulled", "pushed"]);
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, ["left", "pulled", "tagged", "listed"])).toEqual([
        "pulled",
        "tagged",
        "listed",
      ]);
    });
  });

  interface Case {
    readonly what: string;
    readonly pushAll: () => Promise<unknown>;
    /** All that has to stay while the tag v1 does. */
    readonly contents: readonly string[];
  }

  const image = () => push(store(), here, "image", { layers: ["config", "layer"] });

  // the first four are those of distribution's pull request 3822
  const cases: readonly Case[] = [
    {
      what: "an image that a tag points at",
      pushAll: () => push(store(), here, "image", { layers: ["config", "layer"], tags: ["v1"] }),
      contents: ["image", "config", "layer"],
    },
    {
      what: "untagged images of a tagged index",
      pushAll: async () => {
        await image();
        await push(store(), here, "arm", { layers: ["arm layer"] });
        await push(store(), here, "index", { children: ["image", "arm"], tags: ["v1"] });
      },
      contents: ["index", "image", "arm", "config", "layer", "arm layer"],
    },
    {
      what: "an image of a tagged index that had a tag of its own, which was moved",
      pushAll: async () => {
        await push(store(), here, "image", { layers: ["config", "layer"], tags: ["own"] });
        await push(store(), here, "index", { children: ["image"], tags: ["v1"] });
        await push(store(), here, "next", { tags: ["own"] });
        await store().tags.delete(here, "own", start);
      },
      contents: ["index", "image", "config", "layer"],
    },
    {
      what: "an image that a tagged and an untagged index share",
      pushAll: async () => {
        await image();
        await push(store(), here, "old index", { children: ["image"] });
        await push(store(), here, "index", { children: ["image"], tags: ["v1"] });
      },
      contents: ["index", "image", "config", "layer"],
    },
    {
      what: "an index of an index",
      pushAll: async () => {
        await image();
        await push(store(), here, "inner", { children: ["image"] });
        await push(store(), here, "outer", { children: ["inner"], tags: ["v1"] });
      },
      contents: ["outer", "inner", "image", "config", "layer"],
    },
    {
      what: "an index with attestation children",
      pushAll: async () => {
        await image();
        await push(store(), here, "attestation", { layers: ["provenance"] });
        await push(store(), here, "index", { children: ["image", "attestation"], tags: ["v1"] });
      },
      contents: ["index", "image", "attestation", "layer", "provenance"],
    },
    {
      what: "a signature that refers to a tagged image, and what refers to the signature",
      pushAll: async () => {
        await push(store(), here, "image", { layers: ["config", "layer"], tags: ["v1"] });
        await push(store(), here, "signature", { subject: "image", layers: ["sig"] });
        await push(store(), here, "countersignature", { subject: "signature", layers: ["sig 2"] });
      },
      contents: ["image", "signature", "countersignature", "sig", "sig 2"],
    },
    {
      what: "a signature of an image of a tagged index",
      pushAll: async () => {
        await image();
        await push(store(), here, "index", { children: ["image"], tags: ["v1"] });
        await push(store(), here, "signature", { subject: "image", layers: ["sig"] });
      },
      contents: ["index", "image", "layer", "signature", "sig"],
    },
    {
      what: "a build cache, whose index lists blobs",
      pushAll: async () => {
        await push(store(), here, "loose", { layers: ["cache config", "cache layer"] });
        await push(store(), here, "cache", { children: ["cache config", "cache layer"], tags: ["v1"] });
      },
      contents: ["cache", "cache config", "cache layer"],
    },
  ];

  describe("delete untagged keeps", () => {
    test.each(cases)("$what, and all of it goes with the tag", async ({ pushAll, contents }) => {
      await pushAll();
      await push(store(), here, "leftover", { layers: ["leftover layer"] });
      await releaseAll();
      await collect(store(), later + grace);
      const all = [...contents, "leftover", "leftover layer"];
      expect(await heldOf(store(), here, all)).toEqual(contents);
      expect(await rootNames([])).toEqual([]);
      await store().tags.delete(here, "v1", later + grace);
      await collect(store(), later + 2 * grace);
      expect(await heldOf(store(), here, all)).toEqual([]);
    });
  });
}
