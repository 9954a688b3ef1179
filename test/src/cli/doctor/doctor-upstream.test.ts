// `berth doctor upstream` against upstreams that are well, and each kind that is not.
import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeUpstream, type FakeUpstream } from "../../../support/upstream/fake-upstream.ts";
import { mirrorAtHand } from "../mirror/mirror-at-hand.ts";
import { registryAtHand } from "../registry-at-hand.ts";

type Probe = { upstream: string; name: string; outcome: string; detail: string; advice: string | null };

async function probes(upstream: FakeUpstream, image: string, more: object = {}): Promise<Probe[]> {
  const sources = [{ host: "docker.io", url: upstream.url, ...more }];
  const environment = { BERTH_UPSTREAMS: JSON.stringify(sources) };
  const { berth } = await registryAtHand({ environment, now: Date.now });
  return JSON.parse((await berth(["doctor", "upstream", image, "--json"])).output) as Probe[];
}

const outcomes = (found: readonly Probe[]) => found.map(({ name, outcome }) => `${name} ${outcome}`);

async function openUpstream(options: Parameters<typeof startFakeUpstream>[0] = {}): Promise<FakeUpstream> {
  const upstream = await startFakeUpstream(options);
  onTestFinished(() => upstream.close());
  upstream.addImage("library/app", "1", { platforms: ["linux/amd64"], layers: [5000] });
  return upstream;
}

describe("berth doctor upstream", () => {
  it("finds nothing amiss where nothing is", async () => {
    const upstream = await openUpstream();
    const found = await probes(upstream, "docker.io/app:1");
    expect(outcomes(found)).toEqual(
      ["name", "connection", "sign-in", "image", "range", "redirects", "limit"].map(
        (name) => `${name} works`,
      ),
    );
    expect(found[3]?.detail).toMatch(/^library\/app:1 is sha256:/);
  });

  it("says where redirects lead, what is left of a limit, and that Range is not known", async () => {
    const upstream = await openUpstream();
    upstream.faults.set(
      { kind: "redirect", to: "other-host" },
      { where: ({ route }) => route === "blobGet" },
    );
    upstream.faults.set({ kind: "range-ignored" }, { where: () => true });
    upstream.faults.set({ kind: "rate-limit", limit: 100, remaining: 7, windowSeconds: 21_600 });
    const found = new Map((await probes(upstream, "app:1")).map((probe) => [probe.name, probe]));
    expect(found.get("redirects")?.detail).toBe(upstream.storageHost);
    expect(found.get("range")).toMatchObject({
      outcome: "skipped",
      detail: "not known there: broken transfers begin again",
    });
    expect(found.get("limit")?.detail).toBe("7 of 100 pulls left in 21600 s");
  });

  it("tells by which step a pull fails", async () => {
    const upstream = await openUpstream({ auth: "token" });
    expect(outcomes(await probes(upstream, "docker.io/library/none:1"))).toContain("image fails");
    await upstream.disappear();
    const gone = await probes(upstream, "docker.io/app:1");
    expect(outcomes(gone)).toEqual(expect.arrayContaining(["name works", "connection fails"]));
    const { detail, advice } = gone.find(({ name }) => name === "connection") ?? {};
    expect(detail).toMatch(/^connection: /);
    expect(advice).toMatch(/firewall/);
    await upstream.comeBack();
  });

  it("exits with 1 when something fails, and prints a table", async () => {
    const mirror = await mirrorAtHand();
    mirror.upstream.addImage("library/hello-world", "latest");
    const { code, output, errors } = await mirror.berth("doctor upstream");
    expect(code).toBe(1);
    expect(output).toMatch(/^UPSTREAM +SOURCE +NAME +OUTCOME +DETAIL +ADVICE\ndocker\.io +http:/);
    expect(output).toMatch(/registry\.k8s\.io .* image +fails/);
    expect(errors).toBe("error: 1 try failed\n");
  });

  it("says so when there is no such upstream, or none at all", async () => {
    const mirror = await mirrorAtHand();
    expect((await mirror.berth("doctor upstream quay.io/a/b")).errors).toMatch(
      /neither an upstream nor an image of one; configured are docker\.io, registry\.k8s\.io/,
    );
    const none = await registryAtHand();
    expect((await none.berth("doctor upstream")).errors).toMatch(/upstreams: \[defaults\]/);
  });
});
