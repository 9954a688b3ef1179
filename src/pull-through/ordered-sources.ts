// The sources of one upstream as one upstream (REQ-66): asked in their order, each under the name that it has there.
// What a tag means is asked of trusted ones alone; content by digest may come from any, for it is verified.
import type { Digest } from "../../storage/digest.ts";
import { LRUCache } from "lru-cache";
import { RemoteError } from "../remote/remote-error.ts";
import type { RemoteOptions } from "../remote/remote-options.ts";
import type { AskOptions, RateLimit, RemoteBlob, Upstream } from "../remote/upstream.ts";
import { OutageMemory } from "./outage-memory.ts";
import { rewriteBy, type Rewrite } from "./rewrite.ts";
import { tellingFailure, type Refusal } from "./telling-failure.ts";
import type { SourceSettings } from "./upstream-settings.ts";

/** One of the calls of `Upstream`, for whoever counts. */
export type UpstreamCall =
  "resolve" | "fetchManifest" | "statBlob" | "fetchBlob" | "listTags" | "listReferrers";

/** `ping`: whether anybody is there; throws RemoteError. */
export type PingedUpstream = Upstream & { ping(options: AskOptions): Promise<void> };

export interface OrderedSourcesOptions {
  readonly connect: (options: RemoteOptions) => PingedUpstream;
  readonly backoffSeconds: number;
  /** A source that has another one behind it is waited for so long, and any for its answer to a ping. */
  readonly attemptSeconds: number;
  readonly now: () => number;
  /** One call to one source ended; `error` when it failed. Those that were left before their end are not told of. */
  readonly onCall?: ((call: UpstreamCall, error: RemoteError | undefined) => void) | undefined;
}

interface Source {
  readonly upstream: Upstream;
  readonly trusted: boolean;
  readonly rewrite: Rewrite;
  readonly memory: OutageMemory;
}

interface Question {
  readonly call: UpstreamCall;
  readonly name: string;
  /** A tag, or a digest. */
  readonly reference: string;
  readonly signal: AbortSignal;
  readonly onlyTrusted: boolean;
  /** Goes on with what was begun: an outage is what it wants to see the end of. */
  readonly insists?: boolean;
}

/** Digests of which one source gave wrong bytes, each with that source. */
const rememberedDoubts = 1000;

export class OrderedSources implements Upstream {
  readonly #sources: readonly Source[];
  readonly #attemptMilliseconds: number;
  readonly #onCall: NonNullable<OrderedSourcesOptions["onCall"]>;
  readonly #doubted = new LRUCache<Digest, Set<Source>>({ max: rememberedDoubts });
  readonly #servedBy = new LRUCache<Digest, Source>({ max: rememberedDoubts });

  constructor(sources: readonly SourceSettings[], options: OrderedSourcesOptions) {
    const { connect, backoffSeconds, attemptSeconds, now, onCall = () => undefined } = options;
    this.#attemptMilliseconds = attemptSeconds * 1000;
    this.#sources = sources.map(({ remote, trusted, rewrite }) => {
      const upstream = connect(remote);
      const ping = () => upstream.ping({ signal: AbortSignal.timeout(this.#attemptMilliseconds) });
      const memory = new OutageMemory({ windowSeconds: backoffSeconds, now, ping });
      return { upstream, trusted, rewrite: rewriteBy(rewrite), memory };
    });
    this.#onCall = onCall;
  }

  async resolve(name: string, reference: string, { signal }: AskOptions) {
    const question = { call: "resolve", name, reference, signal, onlyTrusted: isTag(reference) } as const;
    return this.#ask(question, (source, there, options) =>
      source.upstream.resolve(there.name, there.reference, options),
    );
  }

  async fetchManifest(name: string, reference: string, options: AskOptions & { readonly maxBytes: number }) {
    const { signal, maxBytes } = options;
    const question = {
      call: "fetchManifest",
      name,
      reference,
      signal,
      onlyTrusted: isTag(reference),
    } as const;
    return this.#ask(question, (source, there, own) =>
      source.upstream.fetchManifest(there.name, there.reference, { ...own, maxBytes }),
    );
  }

  async statBlob(name: string, digest: Digest, { signal }: AskOptions) {
    const question = { call: "statBlob", name, reference: digest, signal, onlyTrusted: false } as const;
    return this.#ask(question, (source, there, own) => source.upstream.statBlob(there.name, digest, own));
  }

  async fetchBlob(
    name: string,
    digest: Digest,
    { signal, start }: AskOptions & { readonly start?: number | undefined },
  ): Promise<RemoteBlob> {
    const insists = (start ?? 0) > 0;
    const question = {
      call: "fetchBlob",
      name,
      reference: digest,
      signal,
      onlyTrusted: false,
      insists,
    } as const;
    return this.#ask(question, async (source, there, own) => {
      const blob = await source.upstream.fetchBlob(there.name, digest, { ...own, start });
      this.#servedBy.set(digest, source);
      blob.body.once("error", (error) => {
        if (error instanceof RemoteError && error.failure === "corrupt") this.#doubt(digest, source);
      });
      return blob;
    });
  }

  async listTags(
    name: string,
    page: { readonly after?: string | undefined; readonly limit: number },
    { signal }: AskOptions,
  ) {
    // Where tags are called otherwise, nobody can say what all of them would be called here.
    const question = { call: "listTags", name, reference: "latest", signal, onlyTrusted: true } as const;
    return this.#ask(question, (source, there, own) => source.upstream.listTags(there.name, page, own));
  }

  async listReferrers(name: string, subject: Digest, options: AskOptions & { readonly maxBytes: number }) {
    const { signal, maxBytes } = options;
    const question = { call: "listReferrers", name, reference: subject, signal, onlyTrusted: true } as const;
    return this.#ask(question, (source, there, own) =>
      source.upstream.listReferrers(there.name, subject, { ...own, maxBytes }),
    );
  }

  /** What came under this digest was not it: the source that gave it is asked last from now on. */
  distrust(digest: Digest): void {
    const source = this.#servedBy.get(digest);
    if (source !== undefined) this.#doubt(digest, source);
  }

  /** The least that any trusted source says is left of its limit (REQ-35); undefined where none says. */
  rateLimit(): RateLimit | undefined {
    const limits = this.#sources.flatMap(
      ({ trusted, upstream }) => (trusted && upstream.rateLimit?.()) || [],
    );
    return limits.sort((a, b) => a.remaining - b.remaining)[0];
  }

  async close(): Promise<void> {
    await Promise.all(this.#sources.map(({ upstream }) => upstream.close()));
  }

  #doubt(digest: Digest, source: Source): void {
    const doubted = this.#doubted.get(digest) ?? new Set();
    this.#doubted.set(digest, doubted.add(source));
  }

  /** Tries one source after the other, and at each one place after the other. */
  async #ask<T>(
    question: Question,
    attempt: (source: Source, there: { name: string; reference: string }, options: AskOptions) => Promise<T>,
  ): Promise<T> {
    const refusals: Refusal[] = [];
    const sources = this.#inOrder(question, refusals);
    for (const [index, source] of sources.entries()) {
      // No step aside without need: whoever comes first after an outage keeps the others away.
      const { verdict } = source.memory;
      const outage = verdict && !question.insists ? await outageAfter(verdict, source) : undefined;
      if (outage !== undefined) {
        refusals.push({ trusted: source.trusted, error: outage });
        continue;
      }
      const isLast = index === sources.length - 1;
      for (const there of source.rewrite(question.name, question.reference)) {
        const result = await this.#attempt(question, source, isLast, (own) => attempt(source, there, own));
        if (!("error" in result)) return result.value;
        refusals.push({ trusted: source.trusted, error: result.error });
        if (question.signal.aborted) throw tellingFailure(refusals);
        if (result.error.failure !== "absent") break;
      }
    }
    throw tellingFailure(refusals);
  }

  /** Sources to ask now, those whose bytes were wrong at the end. What the others did last counts as their answer. */
  #inOrder({ call, reference, onlyTrusted, insists }: Question, refusals: Refusal[]): readonly Source[] {
    const isBlob = call === "fetchBlob" || call === "statBlob";
    const eligible = this.#sources.filter(({ trusted }) => trusted || !onlyTrusted);
    const open = eligible.filter(({ memory, trusted }) => {
      const { outage } = memory;
      // Hub counts manifests: who may have no more of them still gets their layers.
      if (outage === undefined || insists || (isBlob && outage.failure === "rate-limited")) return true;
      refusals.push({ trusted, error: outage });
      return false;
    });
    const doubted = isTag(reference) ? undefined : this.#doubted.get(reference as Digest);
    if (doubted === undefined) return open;
    return [...open.filter((each) => !doubted.has(each)), ...open.filter((each) => doubted.has(each))];
  }

  async #attempt<T>(
    { call, reference, signal }: Question,
    source: Source,
    isLast: boolean,
    ask: (options: AskOptions) => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly error: RemoteError }> {
    const patience = new AbortController();
    const giveUp = () => patience.abort(new DOMException("another source is waiting", "TimeoutError"));
    const timer = isLast ? undefined : setTimeout(giveUp, this.#attemptMilliseconds);
    source.memory.begin();
    try {
      const value = await ask({ signal: isLast ? signal : AbortSignal.any([signal, patience.signal]) });
      source.memory.succeeded();
      this.#onCall(call, undefined);
      return { value };
    } catch (cause) {
      const error = asRemoteError(cause, signal, patience.signal);
      if (error.failure === "corrupt" && !isTag(reference)) this.#doubt(reference as Digest, source);
      if (isGone(signal)) {
        source.memory.abandoned();
      } else {
        source.memory.failed(error);
        this.#onCall(call, error);
      }
      return { error };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Nobody begins to wait for what is perhaps not there. */
async function outageAfter(verdict: Promise<void>, { memory }: Source): Promise<RemoteError | undefined> {
  await verdict;
  return memory.outage;
}

function isTag(reference: string): boolean {
  return !reference.includes(":");
}

/** Whoever asked left, for a reason that says nothing of the source: a deadline aborts by a TimeoutError. */
function isGone(signal: AbortSignal): boolean {
  return signal.aborted && !(signal.reason instanceof Error && signal.reason.name === "TimeoutError");
}

function asRemoteError(cause: unknown, signal: AbortSignal, patience: AbortSignal): RemoteError {
  if (cause instanceof RemoteError) return cause;
  if (patience.aborted || signal.aborted)
    return new RemoteError("timeout", "it did not answer in time", { cause });
  throw cause;
}
