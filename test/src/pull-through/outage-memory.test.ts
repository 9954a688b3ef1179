import { describe, expect, it } from "vitest";
import { OutageMemory } from "../../../src/pull-through/outage-memory.ts";
import { RemoteError, type RemoteFailure } from "../../../src/remote/remote-error.ts";

/** `ping`: what a ping ends in; undefined: an answer. */
function memory(ping?: RemoteFailure) {
  const clock = { seconds: 0 };
  const script: { ping: RemoteFailure | undefined; pings: number } = { ping, pings: 0 };
  const outages = new OutageMemory({
    windowSeconds: 30,
    now: () => clock.seconds * 1000,
    ping: async () => {
      script.pings += 1;
      if (script.ping !== undefined) throw new RemoteError(script.ping, "no answer to a ping");
    },
  });
  const fail = async (failure: RemoteFailure, retryAfterSeconds?: number) => {
    outages.begin();
    outages.failed(new RemoteError(failure, failure, { retryAfterSeconds }));
    await outages.verdict;
  };
  return { clock, outages, fail, script };
}

const unanswered = ["timeout", "dns", "tls", "connection"] as const;

describe("the memory of a source's outages", () => {
  it.each(unanswered)("leaves a source out after %s, when a ping is not answered either", async (failure) => {
    const { clock, outages, fail } = memory(failure);
    await fail(failure);
    expect(outages.outage?.failure).toBe(failure);
    clock.seconds = 29;
    expect(outages.outage?.failure).toBe(failure);
    clock.seconds = 30;
    expect(outages.outage).toBeUndefined();
  });

  it.each(unanswered)("takes %s for that request's own when a ping is answered", async (failure) => {
    const { outages, fail, script } = memory();
    for (let again = 0; again < 3; again += 1) await fail(failure);
    expect(outages.outage).toBeUndefined();
    expect(script.pings).toBe(3);
  });

  it.each(["refused", "absent", "failing", "rate-limited", "corrupt"] as const)(
    "takes a ping that is %s for an answer",
    async (answer) => {
      const { outages, fail } = memory(answer);
      await fail("timeout");
      expect(outages.outage).toBeUndefined();
    },
  );

  it.each(["refused", "absent", "failing", "corrupt", "busy"] as const)(
    "suspects nothing when a request is %s",
    async (failure) => {
      const { outages, fail, script } = memory("timeout");
      for (let again = 0; again < 3; again += 1) await fail(failure);
      expect(outages.outage).toBeUndefined();
      expect(script.pings).toBe(0);
    },
  );

  it("asks by one ping at a time, and believes an answer that comes meanwhile", async () => {
    const { outages, script } = memory("timeout");
    const timeout = new RemoteError("timeout", "nothing came");
    for (let again = 0; again < 5; again += 1) outages.failed(timeout);
    const { verdict } = outages;
    outages.succeeded();
    await verdict;
    expect(script.pings).toBe(1);
    expect(outages.outage).toBeUndefined();
    expect(outages.verdict).toBeUndefined();
  });

  it("lets one request at a time through when the window passed, and leaves out again when that fails, too", async () => {
    const { clock, outages, fail, script } = memory("timeout");
    await fail("timeout");
    clock.seconds = 31;
    outages.begin();
    expect(outages.outage?.failure).toBe("timeout");
    script.ping = "connection";
    outages.failed(new RemoteError("timeout", "nothing came"));
    expect(outages.outage?.failure).toBe("timeout");
    await outages.verdict;
    expect(outages.outage?.failure).toBe("connection");
    clock.seconds = 60;
    expect(outages.outage?.failure).toBe("connection");
    clock.seconds = 61;
    expect(outages.outage).toBeUndefined();
  });

  it("is over when the request after the window fails and a ping is answered", async () => {
    const { clock, outages, fail, script } = memory("timeout");
    await fail("timeout");
    clock.seconds = 31;
    script.ping = undefined;
    await fail("timeout");
    expect(outages.outage).toBeUndefined();
  });

  it("forgets it all at an answer", async () => {
    const { clock, outages, fail } = memory("timeout");
    await fail("timeout");
    clock.seconds = 31;
    outages.begin();
    outages.succeeded();
    expect(outages.outage).toBeUndefined();
  });

  it.each(["left without an answer", "got no turn"])(
    "lets the next one ask when whoever did %s",
    async (how) => {
      const { clock, outages, fail } = memory("timeout");
      await fail("timeout");
      clock.seconds = 31;
      outages.begin();
      if (how === "got no turn") outages.failed(new RemoteError("busy", "no turn"));
      else outages.abandoned();
      expect(outages.outage).toBeUndefined();
    },
  );

  it("does not last for longer because a clock was set back", async () => {
    const { clock, outages, fail } = memory("timeout");
    await fail("timeout");
    clock.seconds = -1;
    expect(outages.outage).toBeUndefined();
  });

  it("keeps away as long as a source asks for, up to a quarter of an hour", async () => {
    const { clock, outages, fail } = memory();
    await fail("rate-limited", 120);
    clock.seconds = 119;
    expect(outages.outage?.failure).toBe("rate-limited");
    clock.seconds = 120;
    expect(outages.outage).toBeUndefined();
    await fail("rate-limited", 86_400);
    clock.seconds = 120 + 899;
    expect(outages.outage?.failure).toBe("rate-limited");
    clock.seconds = 120 + 900;
    expect(outages.outage).toBeUndefined();
  });
});
