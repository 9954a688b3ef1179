// What a mirror asks its upstream of blobs that are not here, and how often.
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../../storage/digest.ts";
import type { OpenBlob } from "../../../src/registry/registry.ts";
import { randomBlob } from "../../support/images.ts";
import { openMirror, repositoryNamed, type MirrorUnderTest } from "./mirror-under-test.ts";

const repository = repositoryNamed("up.example/app");

let mirror: MirrorUnderTest;
beforeEach(async () => {
  mirror = await openMirror();
});
afterEach(() => mirror.close());

const bytesOf = async (blob: OpenBlob | undefined) => blob && buffer(blob.body.stream());

describe("a blob of an upstream", () => {
  it.each(["stat", "open"] as const)(
    "that is not there is not asked for again for a while (%s)",
    async (first) => {
      const bytes = randomBlob();
      const at = digestOf(bytes);
      const { blobs } = mirror.registry;
      expect(await blobs[first](repository, at)).toBeUndefined();
      mirror.upstream.addBlob("app", bytes);
      expect(await blobs.stat(repository, at)).toBeUndefined();
      expect(await blobs.open(repository, at)).toBeUndefined();
      expect(mirror.upstream.calls).toHaveLength(1);
      expect(mirror.answers.every((answer) => answer === "absent")).toBe(true);
      mirror.clock.seconds += 20;
      expect(await bytesOf(await blobs.open(repository, at))).toEqual(bytes);
    },
  );

  it("is looked for once for all who ask at the same time", async () => {
    const at = mirror.upstream.addBlob("app", randomBlob(1000));
    const many = Array.from({ length: 50 }, () => mirror.registry.blobs.stat(repository, at));
    expect((await Promise.all(many)).map((found) => found?.size)).toEqual(many.map(() => 1000));
    expect(mirror.upstream.calls).toEqual([`statBlob app@${at}`]);
  });
});
