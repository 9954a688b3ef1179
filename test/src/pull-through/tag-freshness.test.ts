import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OciError } from "../../../src/oci/oci-error.ts";
import type { RemoteFailure } from "../../../src/remote/remote-error.ts";
import { imageManifest, mediaTypes, randomBlob } from "../../support/images.ts";
import {
  openMirror,
  referenceTo,
  repositoryNamed,
  type MirrorOptions,
  type MirrorUnderTest,
} from "./mirror-under-test.ts";

const repository = repositoryNamed("up.example/app");
const newImage = () => imageManifest(randomBlob(), [randomBlob()]).bytes;

let mirror: MirrorUnderTest;
const reopen = async (options: MirrorOptions) => {
  await mirror.close();
  mirror = await openMirror(options);
};
beforeEach(async () => {
  mirror = await openMirror();
});
afterEach(() => mirror.close());

function publish(...tags: string[]) {
  return mirror.upstream.addManifest("app", newImage(), mediaTypes.manifest, ...tags);
}

async function pull(reference = "v1") {
  const found = await mirror.registry.manifests.find(repository, referenceTo(reference));
  return found && { digest: found.digest, ...found.cache };
}

async function refusalOf(reference = "v1"): Promise<string | undefined> {
  try {
    await mirror.registry.manifests.find(repository, referenceTo(reference));
    return undefined;
  } catch (error) {
    if (error instanceof OciError) return error.kind;
    throw error;
  }
}

/** What the upstream was asked since the last time. */
function asked(): string[] {
  return mirror.upstream.calls.splice(0).map((call) => call.replace(/sha256:[0-9a-f]+/, "<digest>"));
}

describe("a tag of an upstream", () => {
  it("is asked for by one HEAD and one GET by digest, and then not again within its TTL", async () => {
    const digest = publish("v1");
    expect(await pull()).toEqual({ digest, outcome: "miss", ageSeconds: 0 });
    expect(asked()).toEqual(["resolve app:v1", "fetchManifest app@<digest>"]);
    mirror.clock.seconds += 59;
    for (let pulls = 0; pulls < 1000; pulls += 1)
      expect(await pull()).toEqual({ digest, outcome: "hit", ageSeconds: 59 });
    expect(asked()).toEqual([]);
  });

  it("is confirmed by one HEAD when its TTL is over, whatever number of clients ask", async () => {
    const digest = publish("v1");
    await pull();
    mirror.clock.seconds += 60;
    asked();
    const pulls = await Promise.all(Array.from({ length: 100 }, () => pull()));
    expect(pulls).toEqual(Array.from({ length: 100 }, () => ({ digest, outcome: "hit", ageSeconds: 0 })));
    expect(asked()).toEqual(["resolve app:v1"]);
  });

  it("is fetched once when nobody has it and many ask", async () => {
    publish("v1");
    await Promise.all(Array.from({ length: 100 }, () => pull()));
    expect(asked()).toEqual(["resolve app:v1", "fetchManifest app@<digest>"]);
  });

  it("follows the upstream when it moves, without a GET where that manifest is held", async () => {
    const first = publish("v1", "first");
    await pull();
    await pull("first");
    const second = publish("v1");
    asked();
    mirror.clock.seconds += 60;
    expect(await pull()).toMatchObject({ digest: second, outcome: "miss" });
    expect(asked()).toEqual(["resolve app:v1", "fetchManifest app@<digest>"]);
    mirror.upstream.addManifest("app", Buffer.from("x"), "a/b", "v1");
    const back = await mirror.registry.manifests.find(repository, referenceTo(first));
    if (back) mirror.upstream.addManifest("app", back.bytes, back.mediaType, "v1");
    mirror.clock.seconds += 60;
    asked();
    expect(await pull()).toMatchObject({ digest: first, outcome: "hit" });
    expect(asked()).toEqual(["resolve app:v1"]);
  });

  it("is asked by GET where the upstream's HEAD does not say a digest", async () => {
    mirror.upstream.saysDigests = false;
    const digest = publish("v1");
    expect(await pull()).toMatchObject({ digest, outcome: "miss" });
    expect(asked()).toEqual(["resolve app:v1", "fetchManifest app:v1"]);
  });

  it("lives as long as the first rule says that fits it", async () => {
    await reopen({
      upstream: {
        tagTtl: [
          { pattern: "latest", seconds: 10 },
          { pattern: "app:v*", seconds: 1000 },
          { pattern: "now", seconds: 0 },
        ],
      },
    });
    publish("latest", "v1", "now", "other");
    for (const tag of ["latest", "v1", "now", "other"]) await pull(tag);
    asked();
    mirror.clock.seconds += 20;
    for (const tag of ["latest", "v1", "now", "other"]) await pull(tag);
    expect(asked()).toEqual(["resolve app:latest", "resolve app:now"]);
  });

  it("counts as unconfirmed when it was confirmed in a future that the clock has left", async () => {
    publish("v1");
    await pull();
    asked();
    mirror.clock.seconds -= 3600;
    await pull();
    expect(asked()).toEqual(["resolve app:v1"]);
  });
});

describe("a cached tag whose upstream", () => {
  const failures: readonly RemoteFailure[] = [
    ...(["refused", "rate-limited", "failing", "dns", "tls", "connection", "timeout", "corrupt"] as const),
  ];
  it.each(failures)("fails (%s) is served stale, for one call in each window", async (failure) => {
    const digest = publish("v1");
    await pull();
    mirror.clock.seconds += 60;
    asked();
    mirror.upstream.fault = failure;
    for (let pulls = 0; pulls < 10; pulls += 1)
      expect(await pull()).toEqual({ digest, outcome: "stale", ageSeconds: 60, reason: failure });
    expect(asked()).toEqual(["resolve app:v1"]);
    mirror.upstream.fault = undefined;
    mirror.clock.seconds += 30;
    expect(await pull()).toEqual({ digest, outcome: "hit", ageSeconds: 0 });
  });

  it("is silent costs one wait in each window", async () => {
    await reopen({ mirror: { checkSeconds: 0.2 } });
    const digest = publish("v1");
    await pull();
    mirror.clock.seconds += 60;
    asked();
    mirror.upstream.fault = "silence";
    const pulls = await Promise.all(Array.from({ length: 20 }, () => pull()));
    expect(pulls).toEqual(
      Array.from({ length: 20 }, () => ({ digest, outcome: "stale", ageSeconds: 60, reason: "timeout" })),
    );
    await pull();
    expect(asked()).toEqual(["resolve app:v1"]);
  });

  it("limits it is left alone for as long as it says", async () => {
    publish("v1");
    await pull();
    mirror.clock.seconds += 60;
    asked();
    mirror.upstream.fault = "rate-limited";
    mirror.upstream.retryAfterSeconds = 300;
    await pull();
    mirror.upstream.fault = undefined;
    mirror.clock.seconds += 299;
    expect(await pull()).toMatchObject({ outcome: "stale" });
    expect(asked()).toEqual(["resolve app:v1"]);
    mirror.clock.seconds += 1;
    expect(await pull()).toMatchObject({ outcome: "hit" });
  });

  it("is near its limit is not asked until the window passed", async () => {
    await reopen({ mirror: { rateLimitReserve: 10 } });
    publish("v1", "v2");
    await pull();
    const at = mirror.clock.seconds * 1000;
    mirror.upstream.limit = { remaining: 9, limit: 100, windowSeconds: 600, at };
    mirror.clock.seconds += 599;
    asked();
    expect(await pull()).toMatchObject({ outcome: "stale", reason: "rate-limited" });
    expect(asked()).toEqual([]);
    expect(await pull("v2")).toMatchObject({ ageSeconds: 0 });
    expect(asked()).toEqual(["resolve app:v2"]);
    mirror.clock.seconds += 1;
    expect(await pull()).toMatchObject({ outcome: "hit" });
  });

  it("deleted it goes on being served, by policy", async () => {
    const digest = publish("v1");
    await pull();
    mirror.upstream.removeTag("app", "v1");
    mirror.clock.seconds += 60;
    asked();
    for (let pulls = 0; pulls < 3; pulls += 1)
      expect(await pull()).toMatchObject({ digest, outcome: "stale", reason: "gone upstream" });
    expect(asked()).toEqual(["resolve app:v1"]);
  });

  it("deleted it is gone, by the other policy, and its manifest is not", async () => {
    await reopen({ upstream: { onDeletion: "follow" } });
    const digest = publish("v1");
    await pull();
    mirror.upstream.removeTag("app", "v1");
    mirror.clock.seconds += 60;
    asked();
    expect(await pull()).toBeUndefined();
    expect(await pull()).toBeUndefined();
    expect(asked()).toEqual(["resolve app:v1"]);
    expect(await pull(digest)).toMatchObject({ digest, outcome: "hit" });
  });
});

describe("a tag that is not cached", () => {
  it("is asked for again only when the answer that there is none is old", async () => {
    expect(await pull()).toBeUndefined();
    const digest = publish("v1");
    mirror.clock.seconds += 19;
    expect(await pull()).toBeUndefined();
    expect(asked()).toEqual(["resolve app:v1"]);
    mirror.clock.seconds += 1;
    expect(await pull()).toMatchObject({ digest, outcome: "miss" });
  });

  const told: ReadonlyArray<readonly [failure: RemoteFailure, kind: string]> = [
    ["refused", "upstreamRefused"],
    ["rate-limited", "upstreamLimited"],
    ["timeout", "upstreamSilent"],
    ["dns", "upstreamFailed"],
    ["tls", "upstreamFailed"],
    ["connection", "upstreamFailed"],
    ["failing", "upstreamFailed"],
    ["corrupt", "upstreamFailed"],
  ];
  it.each(told)("ends at an upstream that fails (%s) in %s", async (failure, kind) => {
    mirror.upstream.fault = failure;
    expect(await refusalOf()).toBe(kind);
  });

  it("is no 404 where the upstream has the tag and not the manifest", async () => {
    publish("v1");
    mirror.upstream.onResolved = () => {
      mirror.upstream.fault = "absent";
    };
    expect(await refusalOf()).toBe("upstreamFailed");
  });
});

describe("Docker Hub, which refuses what does not exist", () => {
  it("is taken by its word by a mirror without credentials, with a sentence", async () => {
    await reopen({ upstream: { library: true } });
    mirror.upstream.fault = "refused";
    expect(await refusalOf()).toBe("manifestUnknown");
    expect(await refusalOf()).toBe("manifestUnknown");
    expect(asked()).toEqual(["resolve app:v1"]);
  });

  it("is still only failing where something is cached", async () => {
    await reopen({ upstream: { library: true } });
    const digest = publish("v1");
    await pull();
    mirror.clock.seconds += 60;
    mirror.upstream.fault = "refused";
    expect(await pull()).toMatchObject({ digest, outcome: "stale" });
  });
});
