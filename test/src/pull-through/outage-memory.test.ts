import { describe, expect, it } from "vitest";
import { OutageMemory } from "../../../src/pull-through/outage-memory.ts";
import { RemoteError, type RemoteFailure } from "../../../src/remote/remote-error.ts";

function memory() {
  const clock = { seconds: 0 };
  const outages = new OutageMemory(30, () => clock.seconds * 1000);
  const fail = (failure: RemoteFailure, retryAfterSeconds?: number) => {
    outages.begin();
    outages.failed(new RemoteError(failure, failure, { retryAfterSeconds }));
  };
  return { clock, outages, fail };
}

describe("the memory of a source's outages", () => {
  it("leaves a source out after one timeout, for the window", () => {
    const { clock, outages, fail } = memory();
    fail("timeout");
    expect(outages.outage?.failure).toBe("timeout");
    clock.seconds = 29;
    expect(outages.outage?.failure).toBe("timeout");
    clock.seconds = 30;
    expect(outages.outage).toBeUndefined();
  });

  it.each(["dns", "tls", "connection", "failing"] as const)(
    "takes one %s for bad luck, and two for an outage",
    (failure) => {
      const { outages, fail } = memory();
      fail(failure);
      expect(outages.outage).toBeUndefined();
      fail(failure);
      expect(outages.outage?.failure).toBe(failure);
    },
  );

  it("does not add up what lies before an answer", () => {
    const { outages, fail } = memory();
    fail("connection");
    outages.succeeded();
    fail("connection");
    expect(outages.outage).toBeUndefined();
  });

  it("lets one probe at a time through when the window passed, and leaves out again at its first failure", () => {
    const { clock, outages, fail } = memory();
    fail("timeout");
    clock.seconds = 31;
    outages.begin();
    expect(outages.outage?.failure).toBe("timeout");
    fail("connection");
    expect(outages.outage?.failure).toBe("connection");
    clock.seconds = 60;
    expect(outages.outage?.failure).toBe("connection");
    clock.seconds = 61;
    expect(outages.outage).toBeUndefined();
  });

  it("forgets it all at an answer", () => {
    const { clock, outages, fail } = memory();
    fail("timeout");
    clock.seconds = 31;
    outages.begin();
    outages.succeeded();
    expect(outages.outage).toBeUndefined();
    fail("dns");
    expect(outages.outage).toBeUndefined();
  });

  it("lets the next one probe when whoever did left without an answer", () => {
    const { clock, outages, fail } = memory();
    fail("timeout");
    clock.seconds = 31;
    outages.begin();
    outages.abandoned();
    expect(outages.outage).toBeUndefined();
  });

  it("does not last for longer because a clock was set back", () => {
    const { clock, outages, fail } = memory();
    fail("timeout");
    clock.seconds = -1;
    expect(outages.outage).toBeUndefined();
  });

  it("keeps away as long as a source asks for, up to a quarter of an hour", () => {
    const { clock, outages, fail } = memory();
    fail("rate-limited", 120);
    clock.seconds = 119;
    expect(outages.outage?.failure).toBe("rate-limited");
    clock.seconds = 120;
    expect(outages.outage).toBeUndefined();
    fail("rate-limited", 86_400);
    clock.seconds = 120 + 899;
    expect(outages.outage?.failure).toBe("rate-limited");
    clock.seconds = 120 + 900;
    expect(outages.outage).toBeUndefined();
  });
});
