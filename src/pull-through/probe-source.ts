// One source of an upstream, tried for real: what `berth doctor upstream` prints. Each try asks what a pull would ask, and
// the class of a failure says which step it was.
import type { Probe } from "../../storage/blobs/probe.ts";
import type { Digest } from "../../storage/digest.ts";
import { RemoteError, type RemoteFailure } from "../remote/remote-error.ts";
import type { RateLimit, Upstream } from "../remote/upstream.ts";
import { contentOf } from "./preload/manifest-content.ts";
import { rewriteBy } from "./rewrite.ts";
import type { SourceSettings } from "./upstream-settings.ts";

export interface ProbeSourceParts {
  readonly source: SourceSettings;
  readonly upstream: Upstream & { redirectHosts(): readonly string[]; rateLimit(): RateLimit | undefined };
  /** A name and a reference there; without one nothing is known that could be asked for. */
  readonly image: { readonly name: string; readonly reference: string } | undefined;
  /** Addresses of a host. */
  readonly lookUp: (host: string) => Promise<readonly string[]>;
  /** Whether a proxy of the environment may stand in between. */
  readonly mayBeProxied: boolean;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

type Stage = "connection" | "sign-in" | "image";

const maxManifestBytes = 4 * 1024 * 1024;
/** What nobody has: its absence shows that there is somebody to say so. */
const nothing = { name: "berth/probe", reference: "none" };

export async function* probeSource(parts: ProbeSourceParts): AsyncGenerator<Probe> {
  yield await probeName(parts);
  const { source, image = nothing, upstream, signal, clock } = parts;
  const [there = image] = rewriteBy(source.rewrite)(image.name, image.reference);
  const start = clock();
  let digest: Digest | undefined;
  let failure: unknown;
  try {
    ({ digest } = await upstream.resolve(there.name, there.reference, { signal }));
  } catch (error) {
    failure = error;
  }
  const milliseconds = `${Math.round(clock() - start)} ms`;
  yield* judge(parts, failure, { milliseconds, spelled: `${there.name}:${there.reference}`, digest });
  if (failure === undefined) yield await probeRange(parts, there);
  yield { name: "redirects", outcome: "works", detail: upstream.redirectHosts().join(", ") || "none" };
  yield probeLimit(upstream.rateLimit());
}

async function probeName({ source, lookUp, mayBeProxied }: ProbeSourceParts): Promise<Probe> {
  const { hostname } = new URL(source.remote.url);
  if (source.remote.proxy !== undefined) {
    return { name: "name", outcome: "skipped", detail: "the proxy looks it up" };
  }
  try {
    const addresses = await lookUp(hostname.replace(/^\[(.*)\]$/, "$1"));
    return { name: "name", outcome: "works", detail: `${hostname}: ${addresses.join(", ")}` };
  } catch {
    const detail = `${hostname} does not resolve`;
    return mayBeProxied
      ? { name: "name", outcome: "skipped", detail: `${detail} here, which a proxy may do without` }
      : { name: "name", outcome: "fails", detail, advice: advice.dns };
  }
}

interface Seen {
  readonly milliseconds: string;
  readonly spelled: string;
  readonly digest: Digest | undefined;
}

/** One HEAD tells of three steps: those before the failing one worked. */
function judge(
  { source, image }: ProbeSourceParts,
  failure: unknown,
  { milliseconds, spelled, digest }: Seen,
): Probe[] {
  const how = source.remote.url.startsWith("https:")
    ? "TLS"
    : "plain HTTP, which anybody on the way can change";
  const found = `${spelled} is ${digest ?? "there, without saying its digest"}`;
  const steps: readonly Probe[] = [
    { name: "connection", outcome: "works", detail: `${how}, an answer after ${milliseconds}` },
    { name: "sign-in", outcome: "works", detail: signInOf(source) },
    { name: "image", outcome: "works", detail: found },
  ];
  if (failure === undefined) return [...steps];
  const failed = stageOf(failure);
  // the probe's own name: that it is not there, or not for us, is what was to be seen
  if (image === undefined && failed !== "connection") {
    return [
      ...steps.slice(0, 1),
      { name: "image", outcome: "skipped", detail: "none is named", advice: nameOne },
    ];
  }
  const before = steps.findIndex(({ name }) => name === failed);
  return [...steps.slice(0, before), { name: failed, outcome: "fails", ...explain(failure) }];
}

function stageOf(failure: unknown): Stage {
  if (!(failure instanceof RemoteError)) return "connection";
  switch (failure.failure) {
    case "absent":
    case "corrupt":
      return "image";
    case "refused":
    case "rate-limited":
      return "sign-in";
    default:
      return "connection";
  }
}

function signInOf({ remote: { credentials } }: SourceSettings): string {
  return credentials === undefined ? "nobody, as configured" : `with credentials (${credentials.kind})`;
}

function explain(error: unknown): Pick<Probe, "detail" | "advice"> {
  if (!(error instanceof RemoteError)) return { detail: String(error) };
  return { detail: `${error.failure}: ${error.message}`, advice: advice[error.failure] };
}

const nameOne = "name an image of this upstream: berth doctor upstream HOST/NAME:TAG";

const advice: Readonly<Record<RemoteFailure, string>> = {
  absent:
    "name an image that is there: berth doctor upstream HOST/NAME:TAG; with a vendor's mirror, see its rewrite",
  refused: "give credentials, or others; Docker Hub refuses in this way what does not exist, too",
  "rate-limited": "sign in with credentials, wait, or let requestsPerSecond be smaller",
  busy: "let maxConnections or requestsPerSecond be larger",
  failing: "the registry itself has trouble, or this is none: see url",
  dns: "see the host's name, and this machine's DNS; behind a proxy set proxy",
  tls: "an authority of your own goes into ca; insecure: true does without, for a test",
  connection: "is the port right, and does a firewall let it through? behind a proxy set proxy",
  timeout: "does a firewall drop it? behind a proxy set proxy; over a bad link let headersSeconds be larger",
  corrupt: "something on the way changes what the registry sends: another url, or https",
};

/** The last byte of a blob alone, by which broken transfers go on. */
async function probeRange(
  { upstream, signal }: ProbeSourceParts,
  there: { readonly name: string; readonly reference: string },
): Promise<Probe> {
  try {
    const blob = await someBlob(upstream, there, signal);
    if (blob === undefined) return { name: "range", outcome: "skipped", detail: "the image has no blobs" };
    const { start, body } = await upstream.fetchBlob(there.name, blob.digest, {
      start: blob.size - 1,
      signal,
    });
    body.destroy();
    if (start === blob.size - 1) return { name: "range", outcome: "works", detail: "broken transfers go on" };
    return { name: "range", outcome: "skipped", detail: "not known there: broken transfers begin again" };
  } catch (error) {
    return { name: "range", outcome: "fails", ...explain(error) };
  }
}

async function someBlob(
  upstream: Upstream,
  { name, reference }: { readonly name: string; readonly reference: string },
  signal: AbortSignal,
): Promise<{ digest: Digest; size: number } | undefined> {
  const limits = { signal, maxBytes: maxManifestBytes };
  const { bytes } = await upstream.fetchManifest(name, reference, limits);
  const { manifests, blobs } = contentOf(bytes);
  const [child] = manifests;
  const all =
    child === undefined
      ? blobs
      : contentOf((await upstream.fetchManifest(name, child.digest, limits)).bytes).blobs;
  return all.find(({ size }) => size > 1);
}

function probeLimit(limit: RateLimit | undefined): Probe {
  if (limit === undefined) return { name: "limit", outcome: "works", detail: "none is told" };
  const { remaining, limit: all = "unknown", windowSeconds } = limit;
  const window = windowSeconds === undefined ? "" : ` in ${windowSeconds} s`;
  const detail = `${remaining} of ${all} pulls left${window}`;
  return remaining > 0
    ? { name: "limit", outcome: "works", detail }
    : { name: "limit", outcome: "fails", detail, advice: advice["rate-limited"] };
}
