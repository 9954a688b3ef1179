// So many hash at once, so many wait, and whoever comes beyond that is told at once.
import { describe, expect, it } from "vitest";
import { AccessError } from "../../../auth/access-error.ts";
import { HashingQueue } from "../../../auth/accounts/hashing-queue.ts";

/** Work that ends when the test says so. */
function openWork() {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const work = (id: number) => async () => {
    started.push(id);
    await new Promise<void>((resolve) => (ends[id] = resolve));
    return id;
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const end = async (id: number) => {
    ends[id]?.();
    await turn();
  };
  return { started, work, turn, end };
}

describe("the hashing queue", () => {
  it("does two at a time unless told otherwise, and the others in the order in which they came", async () => {
    const queue = new HashingQueue();
    const { started, work, turn, end } = openWork();
    const results = [0, 1, 2, 3].map((id) => queue.run(work(id)));
    await turn();
    expect(started).toEqual([0, 1]);
    await end(1);
    expect(started).toEqual([0, 1, 2]);
    await end(0);
    expect(started).toEqual([0, 1, 2, 3]);
    await end(2);
    await end(3);
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
  });

  it("refuses at once who comes when all places to wait are taken, and takes others later", async () => {
    const queue = new HashingQueue(1, 2);
    const { started, work, end } = openWork();
    const waiting = [0, 1, 2].map((id) => queue.run(work(id)));
    const refused = await queue.run(work(3)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AccessError);
    expect(refused).toMatchObject({ code: "busy", message: expect.stringContaining("try again") as unknown });
    await end(0);
    const later = queue.run(work(4));
    for (const id of [1, 2, 4]) await end(id);
    expect(await Promise.all([...waiting, later])).toEqual([0, 1, 2, 4]);
    expect(started).toEqual([0, 1, 2, 4]);
  });

  it("gives a place up when the work fails", async () => {
    const queue = new HashingQueue(1, 1);
    const failing = queue.run(() => Promise.reject(new Error("no memory")));
    const next = queue.run(async () => "done");
    await expect(failing).rejects.toThrow("no memory");
    expect(await next).toBe("done");
    expect(await queue.run(async () => "free again")).toBe("free again");
  });
});
