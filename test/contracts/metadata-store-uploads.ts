// The contract of upload sessions and their leases.
import { describe, expect, test } from "vitest";
import { uploadOf, type CurrentStore } from "./metadata-store-fixture.ts";

const session = uploadOf("u1", "a", 1000);

export function uploadsContract(store: CurrentStore): void {
  describe("an upload session", () => {
    test("exists in its repository until it expires", async () => {
      await store().uploads.start(session);
      expect(await store().uploads.find("a", "u1", 999)).toEqual(session);
      expect(await store().uploads.find("a", "u1", 1000)).toBeUndefined();
      expect(await store().uploads.find("b", "u1", 999)).toBeUndefined();
      expect(await store().uploads.find("a", "u2", 999)).toBeUndefined();
    });

    test("remembers who opened it", async () => {
      const [mine, yours] = [session, { ...session, id: "u2", owner: "user:2" }];
      for (const upload of [mine, yours]) await store().uploads.start(upload);
      expect((await store().uploads.find("a", "u1", 10))?.owner).toBe("user:1");
      expect((await store().uploads.find("a", "u2", 10))?.owner).toBe("user:2");
      const lease = await store().uploads.lease("a", "u2", { holder: "x", until: 100 }, 10);
      expect(lease).toMatchObject({ outcome: "leased", upload: { owner: "user:2" } });
      const expired = await store().uploads.listExpired(1000, 10);
      expect(expired.map(({ id, owner }) => [id, owner])).toEqual([
        ["u1", "user:1"],
        ["u2", "user:2"],
      ]);
    });

    test("remembers what was saved", async () => {
      await store().uploads.start({ ...session, algorithm: "sha512" });
      await store().uploads.lease("a", "u1", { holder: "x", until: 100 }, 10);
      const offset = 3 * 2 ** 40;
      const progress = { holder: "x", state: "more", offset, expiresAt: 5000, leaseUntil: undefined };
      expect(await store().uploads.save("u1", progress)).toBe(true);
      const saved = { ...session, algorithm: "sha512", state: "more", offset, expiresAt: 5000 };
      expect(await store().uploads.find("a", "u1", 4999)).toEqual(saved);
    });

    test("is leased to one writer; another gets to know that it is held, and how far it is", async () => {
      await store().uploads.start(session);
      const leased = await store().uploads.lease("a", "u1", { holder: "x", until: 100 }, 10);
      expect(leased).toEqual({ outcome: "leased", upload: session, takenOver: false });
      const second = await store().uploads.lease("a", "u1", { holder: "y", until: 200 }, 99);
      expect(second).toEqual({ outcome: "held", upload: session });
      const renewed = await store().uploads.lease("a", "u1", { holder: "x", until: 150 }, 50);
      expect(renewed).toEqual({ outcome: "leased", upload: session, takenOver: false });
      expect((await store().uploads.lease("a", "u1", { holder: "y", until: 200 }, 149)).outcome).toBe("held");
    });

    test("whose lease ran out or was given back can be taken by anybody", async () => {
      await store().uploads.start(session);
      await store().uploads.lease("a", "u1", { holder: "x", until: 100 }, 10);
      expect(await store().uploads.lease("a", "u1", { holder: "y", until: 200 }, 100)).toMatchObject({
        outcome: "leased",
        takenOver: true,
      });
      const progress = { holder: "y", state: "s", offset: 1, expiresAt: 1000, leaseUntil: undefined };
      expect(await store().uploads.save("u1", progress)).toBe(true);
      expect(await store().uploads.lease("a", "u1", { holder: "z", until: 300 }, 110)).toMatchObject({
        outcome: "leased",
        takenOver: false,
      });
    });

    test("that is absent, expired or of another repository cannot be leased", async () => {
      await store().uploads.start(session);
      const lease = { holder: "x", until: 2000 };
      expect(await store().uploads.lease("a", "u2", lease, 10)).toEqual({ outcome: "absent" });
      expect(await store().uploads.lease("b", "u1", lease, 10)).toEqual({ outcome: "absent" });
      expect(await store().uploads.lease("a", "u1", lease, 1000)).toEqual({ outcome: "absent" });
    });

    test("is saved by the holder alone, and not by one whose lease another took or who gave it back", async () => {
      await store().uploads.start(session);
      const by = (holder: string, leaseUntil?: number) =>
        store().uploads.save("u1", { holder, state: `by ${holder}`, offset: 1, expiresAt: 1000, leaseUntil });
      expect(await by("x", 200)).toBe(false);
      await store().uploads.lease("a", "u1", { holder: "x", until: 100 }, 10);
      expect(await by("y", 200)).toBe(false);
      expect(await by("x", 200)).toBe(true);
      expect((await store().uploads.lease("a", "u1", { holder: "y", until: 300 }, 150)).outcome).toBe("held");
      await store().uploads.lease("a", "u1", { holder: "y", until: 300 }, 200);
      expect(await by("x", 400)).toBe(false);
      expect(await by("y")).toBe(true);
      expect(await by("y", 500)).toBe(false);
      expect((await store().uploads.find("a", "u1", 10))?.state).toBe("by y");
    });

    test("is removed unless somebody else is writing to it", async () => {
      await store().uploads.start(session);
      await store().uploads.lease("a", "u1", { holder: "x", until: 100 }, 10);
      expect(await store().uploads.remove("u1", "y", 99)).toBe(false);
      expect(await store().uploads.find("a", "u1", 99)).toBeDefined();
      expect(await store().uploads.remove("u1", "x", 99)).toBe(true);
      expect(await store().uploads.find("a", "u1", 99)).toBeUndefined();
      expect(await store().uploads.remove("u1", "x", 99)).toBe(false);

      await store().uploads.start(session);
      expect(await store().uploads.remove("u1", "y", 99)).toBe(true);
      await store().uploads.start(session);
      await store().uploads.lease("a", "u1", { holder: "x", until: 100 }, 10);
      expect(await store().uploads.remove("u1", "y", 100)).toBe(true);
    });

    test("is ended by the holder of its lease alone, also after that ran out", async () => {
      await store().uploads.start(session);
      expect(await store().uploads.end("u1", "x")).toBe(false);
      await store().uploads.lease("a", "u1", { holder: "x", until: 100 }, 10);
      await store().uploads.lease("a", "u1", { holder: "y", until: 200 }, 100);
      expect(await store().uploads.end("u1", "x")).toBe(false);
      expect(await store().uploads.find("a", "u1", 150)).toBeDefined();
      expect(await store().uploads.end("u1", "y")).toBe(true);
      expect(await store().uploads.end("u1", "y")).toBe(false);
      expect(await store().uploads.find("a", "u1", 150)).toBeUndefined();
    });

    test("is listed as expired, oldest first, when no living lease holds it", async () => {
      await store().uploads.start(uploadOf("late", "a", 900));
      await store().uploads.start(uploadOf("early", "b", 100));
      await store().uploads.start(uploadOf("living", "a", 2000));
      await store().uploads.start(uploadOf("writing", "a", 50));
      await store().uploads.lease("a", "writing", { holder: "x", until: 1500 }, 10);
      const ids = async (now: number, limit = 10) =>
        (await store().uploads.listExpired(now, limit)).map((upload) => upload.id);
      expect(await ids(99)).toEqual([]);
      expect(await ids(1000)).toEqual(["early", "late"]);
      expect(await ids(1000, 1)).toEqual(["early"]);
      expect(await ids(1500)).toEqual(["writing", "early", "late"]);
    });

    test("cannot be started twice under one id", async () => {
      await store().uploads.start(session);
      await expect(store().uploads.start({ ...session, repository: "b" })).rejects.toThrow();
      expect(await store().uploads.find("a", "u1", 10)).toEqual(session);
    });
  });
}
