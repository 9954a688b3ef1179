// What those who write the audit trail may rely on: what is in it, how much of it, and when it is durable.
import { describe, expect, it } from "vitest";
import { AuditTrail, type TrailEntry } from "../../auth/audit-trail.ts";
import type { AuditRecord } from "../../storage/metadata/access-records.ts";
import type { Audit } from "../../storage/metadata/access-store.ts";

const minute = 60_000;

function openTrail(options: { readonly maxPerMinute?: number } = {}) {
  const written: AuditRecord[] = [];
  const problems: unknown[] = [];
  const store = { failing: false };
  const clock = { now: 0 };
  const append: Audit["append"] = async (entries) => {
    if (store.failing) throw new Error("no room");
    written.push(...entries);
  };
  const trail = new AuditTrail({
    store: { append },
    now: () => clock.now,
    onProblem: (error) => problems.push(error),
    ...options,
  });
  return { trail, written, problems, store, clock };
}

function entryOf(entry: Partial<TrailEntry> = {}): TrailEntry {
  const actor = { actor: "ada", action: "login", target: "ada", address: "192.0.2.1", requestId: "r" };
  return { ...actor, outcome: "refused", detail: "wrong", ...entry };
}

describe("a change", () => {
  it("is written when the promise resolves, with its time", async () => {
    const { trail, written, clock } = openTrail();
    clock.now = 5;
    await trail.write(entryOf({ action: "user.create" }));
    expect(written).toEqual([{ ...entryOf({ action: "user.create" }), at: 5 }]);
  });

  it("that can't be written is told to whoever made it", async () => {
    const { trail, store } = openTrail();
    store.failing = true;
    await expect(trail.write(entryOf())).rejects.toThrow("no room");
  });

  it("is written however many there are", async () => {
    const { trail, written } = openTrail({ maxPerMinute: 2 });
    for (let count = 0; count < 10; count++) await trail.write(entryOf());
    expect(written).toHaveLength(10);
  });
});

describe("what is noted in the background", () => {
  it("is written in its order, and at the latest when the trail is closed", async () => {
    const { trail, written } = openTrail({ maxPerMinute: 1000 });
    for (let count = 0; count < 250; count++) trail.note(entryOf({ detail: String(count) }));
    expect(written).toEqual([]);
    await trail.close();
    expect(written.map(({ detail }) => detail)).toEqual(
      Array.from({ length: 250 }, (_, count) => `${count}`),
    );
  });

  it.each([
    ["an address", () => "192.0.2.1", "198.51.100.1"],
    ["a network of IPv6", (count: number) => `2001:db8:0:7::${count}`, "2001:db8:0:8::1"],
  ])("is bounded for %s, and starts anew with the next minute", async (_, addressOf, other) => {
    const { trail, written, clock } = openTrail({ maxPerMinute: 3 });
    for (let count = 1; count <= 9; count++) trail.note(entryOf({ address: addressOf(count) }));
    trail.note(entryOf({ address: other }));
    clock.now = minute;
    trail.note(entryOf({ address: addressOf(10) }));
    await trail.close();
    const last = "wrong (more of this network within this minute are not listed)";
    expect(written.map(({ detail }) => detail)).toEqual(["wrong", "wrong", last, "wrong", "wrong"]);
  });

  it("outlasts a failure: what waits is written with the next entry, or at the end", async () => {
    const { trail, written, problems, store } = openTrail({ maxPerMinute: 1000 });
    store.failing = true;
    for (let count = 0; count < 150; count++) trail.note(entryOf({ detail: String(count) }));
    await expect.poll(() => problems).toHaveLength(1);
    store.failing = false;
    await trail.close();
    expect(written.map(({ detail }) => Number(detail))).toEqual(
      Array.from({ length: 50 }, (_, index) => 100 + index),
    );
  });
});

describe("a secret in the place of a name or a label", () => {
  const secret = `berth_pat_${"a".repeat(33)}`;
  const wanted = { target: "jane berth_pat_…", detail: "label: eyJ…" };
  const entry = entryOf({ target: `jane ${secret}`, detail: "label: eyJhbGciOiJub25lIn0.e30.c2ln" });

  it("is not written down", async () => {
    const { trail, written } = openTrail();
    await trail.write(entry);
    trail.note(entry);
    await trail.close();
    expect(written).toMatchObject([wanted, wanted]);
  });
});
