// An upstream in memory that counts what it is asked and fails as it is told. Not the fake server of test/support: the
// rules of the mirror are told here without a network.
import { Readable } from "node:stream";
import { digestOf, type Digest } from "../../../storage/digest.ts";
import { RemoteError, type RemoteFailure } from "../../../src/remote/remote-error.ts";
import type { RateLimit, RemoteManifest, Upstream } from "../../../src/remote/upstream.ts";

export class ScriptedUpstream implements Upstream {
  /** `resolve library/alpine:3` and the like, in order. */
  readonly calls: string[] = [];
  pings = 0;
  readonly #manifests = new Map<string, RemoteManifest>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #tags = new Map<string, Digest>();
  /** What every call ends in; `silence` waits for the asker to give up. */
  fault: RemoteFailure | "silence" | undefined;
  /** What calls of that name end in instead. */
  readonly faultsOf = new Map<string, RemoteFailure | "silence">();
  retryAfterSeconds: number | undefined;
  /** Called after each answer to a HEAD of a manifest. */
  onResolved: () => void = () => undefined;
  saysDigests = true;
  saysSizes = true;
  limit: RateLimit | undefined;
  /** A referrers list as it comes from the upstream. */
  referrers: Buffer | undefined;

  addManifest(name: string, bytes: Buffer, mediaType: string, ...tags: string[]): Digest {
    const digest = digestOf(bytes);
    this.#manifests.set(`${name}@${digest}`, { digest, mediaType, bytes });
    for (const tag of tags) this.#tags.set(`${name}:${tag}`, digest);
    return digest;
  }

  addBlob(name: string, bytes: Buffer): Digest {
    const digest = digestOf(bytes);
    this.#blobs.set(`${name}@${digest}`, bytes);
    return digest;
  }

  removeTag(name: string, tag: string): void {
    this.#tags.delete(`${name}:${tag}`);
  }

  count(call: string): number {
    return this.calls.filter((each) => each.startsWith(`${call} `)).length;
  }

  async resolve(name: string, reference: string, { signal }: { signal: AbortSignal }) {
    await this.#called("resolve", name, reference, signal);
    const { digest, mediaType, bytes } = this.#find(name, reference);
    this.onResolved();
    return { digest: this.saysDigests ? digest : undefined, mediaType, size: bytes.length };
  }

  async fetchManifest(name: string, reference: string, { signal }: { signal: AbortSignal }) {
    await this.#called("fetchManifest", name, reference, signal);
    return this.#find(name, reference);
  }

  async statBlob(name: string, digest: Digest, { signal }: { signal: AbortSignal }) {
    await this.#called("statBlob", name, digest, signal);
    const { length } = this.#blob(name, digest);
    return { size: this.saysSizes ? length : undefined };
  }

  async fetchBlob(
    name: string,
    digest: Digest,
    { signal, start = 0 }: { signal: AbortSignal; start?: number | undefined },
  ) {
    await this.#called("fetchBlob", name, digest, signal);
    const bytes = this.#blob(name, digest);
    const body = Readable.from([bytes.subarray(start)], { objectMode: false });
    return { size: this.saysSizes ? bytes.length : undefined, start, body };
  }

  async listTags(
    name: string,
    { after = "", limit }: { after?: string | undefined; limit: number },
    { signal }: { signal: AbortSignal },
  ) {
    await this.#called("listTags", name, after, signal);
    const all = [...this.#tags.keys()].flatMap((key) =>
      key.startsWith(`${name}:`) ? key.slice(name.length + 1) : [],
    );
    if (all.length === 0) throw new RemoteError("absent", "no such repository");
    const rest = all.filter((tag) => tag > after).sort();
    return { tags: rest.slice(0, limit), more: rest.length > limit };
  }

  async listReferrers(name: string, subject: Digest, { signal }: { signal: AbortSignal }) {
    await this.#called("listReferrers", name, subject, signal);
    if (this.referrers === undefined) throw new RemoteError("absent", "no referrers");
    return { digest: digestOf(this.referrers), bytes: this.referrers };
  }

  async ping({ signal }: { signal: AbortSignal }): Promise<void> {
    this.pings += 1;
    await this.#fail(this.fault, signal);
  }

  rateLimit(): RateLimit | undefined {
    return this.limit;
  }

  async close(): Promise<void> {
    this.calls.push("close ");
  }

  async #called(call: string, name: string, reference: string, signal: AbortSignal): Promise<void> {
    this.calls.push(`${call} ${name}${reference.includes(":") ? "@" : ":"}${reference}`);
    await this.#fail(this.faultsOf.get(name) ?? this.fault, signal);
  }

  async #fail(fault: typeof this.fault, signal: AbortSignal): Promise<void> {
    if (fault === "silence") {
      await new Promise((_, reject) => {
        const giveUp = () => reject(new RemoteError("timeout", "nothing came", { cause: signal.reason }));
        if (signal.aborted) giveUp();
        signal.addEventListener("abort", giveUp, { once: true });
      });
    }
    if (fault !== undefined && fault !== "silence") {
      throw new RemoteError(fault, "as it was told", { retryAfterSeconds: this.retryAfterSeconds });
    }
  }

  #find(name: string, reference: string): RemoteManifest {
    const digest = reference.includes(":") ? reference : this.#tags.get(`${name}:${reference}`);
    const found = this.#manifests.get(`${name}@${digest}`);
    if (found === undefined) throw new RemoteError("absent", "no such manifest");
    return found;
  }

  #blob(name: string, digest: Digest): Buffer {
    const bytes = this.#blobs.get(`${name}@${digest}`);
    if (bytes === undefined) throw new RemoteError("absent", "no such blob");
    return bytes;
  }
}
