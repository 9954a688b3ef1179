// Upstream over HTTP: the questions of the spec, each with the checks that make its answer worth believing. How a
// request gets there is told in README.md.
import { LRUCache } from "lru-cache";
import { digestOf, type Digest } from "../../storage/digest.ts";
import {
  dockerManifest,
  dockerManifestList,
  essenceOf,
  ociImageIndex,
  ociImageManifest,
} from "../oci/media-types.ts";
import { referrersTagOf } from "../oci/referrers-tag.ts";
import { readBlobAnswer } from "./blob-answer.ts";
import { discard, readWhole } from "./body.ts";
import { checkManifest, describeManifest } from "./manifest-answer.ts";
import { nextPage } from "./next-page.ts";
import type { Environment } from "./proxy-choice.ts";
import { parseReferrers, parseTags } from "./listing-answer.ts";
import { RegistryRequests, type RegistryRequest } from "./registry-requests.ts";
import { RemoteError } from "./remote-error.ts";
import type { RemoteOptions } from "./remote-options.ts";
import type { HttpAnswer } from "./exchange.ts";
import type {
  AskOptions,
  RateLimit,
  RemoteBlob,
  RemoteDescriptor,
  RemoteManifest,
  Upstream,
} from "./upstream.ts";

export interface RemoteRegistryParts {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  /** For HTTPS_PROXY, HTTP_PROXY, NO_PROXY and NODE_EXTRA_CA_CERTS. */
  readonly environment: Environment;
}

/** All types that a registry may have, so that none converts what it holds. */
const manifestTypes = [ociImageIndex, ociImageManifest, dockerManifestList, dockerManifest, "*/*"].join(", ");
/** GCR lists every manifest beside the tags. */
const maxTagsBytes = 32 * 1024 * 1024;
const maxReferrerPages = 100;
const rememberedPages = 1000;

type Sized = AskOptions & { readonly maxBytes: number };

export class RemoteRegistry implements Upstream {
  readonly #base: string;
  readonly #requests: RegistryRequests;
  /** Where a page of tags ended → where the registry says that the next one is, whatever it calls its parameters. */
  readonly #nextPages = new LRUCache<string, URL>({ max: rememberedPages });

  constructor(options: RemoteOptions, parts: RemoteRegistryParts) {
    this.#base = options.url.replace(/\/+$/, "");
    this.#requests = new RegistryRequests(options, parts);
  }

  async resolve(name: string, reference: string, { signal }: AskOptions): Promise<RemoteDescriptor> {
    const url = this.#url(name, "manifests", reference);
    const answer = await this.#ask({ method: "HEAD", url, name, signal, accept: manifestTypes });
    discard(answer.body, 0);
    return describeManifest(answer, reference);
  }

  async fetchManifest(name: string, reference: string, { signal, maxBytes }: Sized): Promise<RemoteManifest> {
    const url = this.#url(name, "manifests", reference);
    const answer = await this.#ask({ method: "GET", url, name, signal, accept: manifestTypes });
    return checkManifest(answer, await readSized(answer, maxBytes), reference);
  }

  async statBlob(name: string, digest: Digest, { signal }: AskOptions) {
    const url = this.#url(name, "blobs", digest);
    const answer = await this.#ask({ method: "HEAD", url, name, signal, accept: "*/*" });
    discard(answer.body, 0);
    return { size: answer.size };
  }

  async fetchBlob(
    name: string,
    digest: Digest,
    { signal, start = 0 }: AskOptions & { readonly start?: number | undefined },
  ): Promise<RemoteBlob> {
    const url = this.#url(name, "blobs", digest);
    const request = { method: "GET", url, name, signal, accept: "*/*", kind: "transfer" } as const;
    const range = start > 0 ? `bytes=${start}-` : undefined;
    const answer = await this.#ask({ ...request, range, expected: [200, 206, ...(range ? [416] : [])] });
    if (answer.status === 416) {
      // Nothing lies there, or it knows no ranges: from the beginning, then.
      discard(answer.body, answer.size);
      return readBlobAnswer(await this.#ask(request), 0);
    }
    return orDestroy(answer, () => readBlobAnswer(answer, start));
  }

  async listTags(
    name: string,
    { after, limit }: { readonly after?: string | undefined; readonly limit: number },
    { signal }: AskOptions,
  ): Promise<{ readonly tags: readonly string[]; readonly more: boolean }> {
    const query = new URLSearchParams({ n: String(limit), ...(after === undefined ? {} : { last: after }) });
    const remembered = after === undefined ? undefined : this.#nextPages.get(`${name} ${after}`);
    const url = remembered ?? this.#url(name, "tags", `list?${query.toString()}`);
    const answer = await this.#ask({ method: "GET", url, name, signal, accept: "application/json" });
    const found = parseTags(await readSized(answer, maxTagsBytes), answer.url.host);
    // Some registries know no pages and send all tags each time.
    const tags = after === undefined ? found : found.slice(found.indexOf(after) + 1);
    const next = nextPage(answer.headers.get("link"), answer.url);
    const last = tags.at(-1);
    if (next && last !== undefined) this.#nextPages.set(`${name} ${last}`, next);
    return { tags, more: next !== undefined && last !== undefined };
  }

  async listReferrers(name: string, subject: Digest, { signal, maxBytes }: Sized) {
    const first = this.#url(name, "referrers", subject);
    const pages: Buffer[] = [];
    let size = 0;
    for (let url: URL | undefined = first; url && pages.length < maxReferrerPages;) {
      const request = { method: "GET", url, name, signal, accept: ociImageIndex } as const;
      const answer = await this.#ask({
        ...request,
        expected: [200, ...(url === first ? [400, 404, 405] : [])],
      });
      if (answer.status !== 200 || essenceOf(answer.headers.get("content-type") ?? "") !== ociImageIndex) {
        discard(answer.body, answer.size);
        return await this.#fallbackReferrers(name, subject, { signal, maxBytes });
      }
      pages.push(await readSized(answer, maxBytes - size));
      size += pages.at(-1)?.length ?? 0;
      url = nextPage(answer.headers.get("link"), answer.url);
    }
    const bytes = parseReferrers(pages, first.host);
    return { digest: digestOf(bytes), bytes };
  }

  /**
   * Whether anybody is there, whatever is asked of it: `GET /v2/` (distribution-spec, end-1), with a token where one is
   * wanted. Waits for no turn.
   * @throws RemoteError, also for an answer that refuses: its class says what it was
   */
  async ping({ signal }: AskOptions): Promise<void> {
    const url = new URL(`${this.#base}/v2/`);
    const request = { method: "GET", url, name: undefined, signal, accept: "*/*", kind: "urgent" } as const;
    const answer = await this.#ask(request);
    discard(answer.body, answer.size);
  }

  /** What the registry last said of its limit. */
  rateLimit(): RateLimit | undefined {
    return this.#requests.rateLimit();
  }

  /** Hosts that redirects led to, the latest last. */
  redirectHosts(): string[] {
    return this.#requests.redirectHosts();
  }

  /** Ends what is running. */
  async close(): Promise<void> {
    await this.#requests.close();
  }

  /** The tag that clients keep the list under where the API is missing (distribution-spec, referrers tag schema). */
  async #fallbackReferrers(name: string, subject: Digest, options: Sized) {
    const { bytes, digest } = await this.fetchManifest(name, referrersTagOf(subject), options);
    parseReferrers([bytes], new URL(this.#base).host);
    return { digest, bytes };
  }

  /** Digests with their colon as it is: there are registries that compare the path as it was written. */
  #url(name: string, kind: string, rest: string): URL {
    return new URL(`${this.#base}/v2/${name}/${kind}/${rest}`);
  }

  async #ask(request: RegistryRequest): Promise<HttpAnswer> {
    return await this.#requests.send(request);
  }
}

async function readSized(answer: HttpAnswer, maxBytes: number): Promise<Buffer> {
  const { host } = answer.url;
  if (answer.size !== undefined && answer.size > maxBytes) {
    answer.body.destroy();
    throw new RemoteError("corrupt", `${host} has ${answer.size} bytes, more than the ${maxBytes} allowed`);
  }
  return await readWhole(answer.body, maxBytes, host);
}

function orDestroy<T>({ body }: HttpAnswer, read: () => T): T {
  try {
    return read();
  } catch (error) {
    body.destroy();
    throw error;
  }
}
