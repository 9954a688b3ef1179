// "Delete untagged" (REQ-4): every untagged manifest of a repository is released, and none goes that something tagged
// needs. The four cases are those of distribution's pull request 3822, which other registries get wrong.
import { describe, expect, test } from "vitest";
import { collect, grace, heldOf, push, start } from "./garbage-store-fixture.ts";
import { digestFor, tagsOf, type CurrentStore } from "./metadata-store-fixture.ts";

const here = "team/app";
const images = ["amd", "arm"];
const list = ["list", ...images, "amd layer", "arm layer"];

interface Case {
  readonly what: string;
  readonly isListTagged: boolean;
  readonly tagged: readonly string[];
  readonly kept: readonly string[];
}

// prettier-ignore
const cases: readonly Case[] = [
  { what: "a tagged list of untagged images", isListTagged: true, tagged: [], kept: list },
  { what: "a tagged list of tagged images", isListTagged: true, tagged: images, kept: list },
  { what: "an untagged list of untagged images", isListTagged: false, tagged: [], kept: [] },
  { what: "an untagged list of tagged images", isListTagged: false, tagged: images, kept: list.slice(1) },
];

export function untaggedContract(store: CurrentStore): void {
  describe("deleting what is untagged", () => {
    test.each(cases)("of $what keeps what a tag needs: $kept", async ({ isListTagged, tagged, kept }) => {
      for (const image of images) {
        const tags = tagged.includes(image) ? [image] : [];
        await push(store(), here, image, { layers: [`${image} layer`], tags });
      }
      await push(store(), here, "list", { children: images, tags: isListTagged ? ["list"] : [] });
      await store().garbage.release(here, ["list", ...images].map(digestFor), start);
      await collect(store(), start + grace);
      expect(await heldOf(store(), here, list)).toEqual(kept);

      const later = start + grace;
      for (const tag of await tagsOf(store(), here)) await store().tags.delete(here, tag, later);
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, list)).toEqual([]);
    });
  });
}
