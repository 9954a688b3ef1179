// The contract of the delete queue.
import { describe, expect, test } from "vitest";
import { blobOf, discardedBy, pushBlob, type CurrentStore } from "./metadata-store-fixture.ts";

export function discardedObjectsContract(store: CurrentStore): void {
  describe("discarded objects", () => {
    test("are listed up to the limit, the first due first, and gone when forgotten", async () => {
      await pushBlob(store(), "a", blobOf("layer", "kept"));
      await pushBlob(store(), "a", blobOf("layer", "second"), 2000);
      await pushBlob(store(), "a", blobOf("layer", "first"), 1500);
      await pushBlob(store(), "a", blobOf("layer", "third"), 2000);
      expect(await store().discardedObjects.list(1499, 10)).toEqual([]);
      expect(await store().discardedObjects.list(1500, 10)).toEqual(["layer.first"]);
      expect(await store().discardedObjects.list(2000, 2)).toEqual(["layer.first", "layer.second"]);

      const [first, second] = await store().discardedObjects.list(2000, 2);
      await store().discardedObjects.forget([first!, second!]);
      await store().discardedObjects.forget([first!]);
      await store().discardedObjects.forget([]);
      expect(await discardedBy(store())).toEqual(["layer.third"]);
    });

    test("by the hundreds are forgotten together", async () => {
      await pushBlob(store(), "a", blobOf("layer", "kept"));
      for (let index = 0; index < 230; index++)
        await pushBlob(store(), "a", blobOf("layer", `lost ${index}`));
      const locators = await discardedBy(store());
      expect(locators).toHaveLength(230);
      await store().discardedObjects.forget(locators);
      expect(await discardedBy(store())).toEqual([]);
    });
  });
}
