// Somebody else's registry, for tests: small, read-only, with images made by code, and every fault that upstreams have.
// A real server, so that what is tested is what speaks to the real ones.
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { parseDigest, type Digest } from "../../../storage/digest.ts";
import { ListeningPlace } from "./listening-place.ts";
import { UpstreamAccess, type AccessOptions } from "./upstream-access.ts";
import {
  answer,
  blobAnswer,
  errorAnswer,
  jsonAnswer,
  sendAnswer,
  type UpstreamAnswer,
} from "./upstream-answer.ts";
import {
  UpstreamContent,
  type AddedImage,
  type HeldRepository,
  type ImageOptions,
} from "./upstream-content.ts";
import { UpstreamFaults, type StruckFaults } from "./upstream-fault.ts";
import { readUpstreamRequest, UpstreamRequests, type UpstreamRequest } from "./upstream-request.ts";

export interface FakeUpstreamOptions extends AccessOptions {
  /** PEM texts; must be good for 127.0.0.1 and localhost. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** PEM text: only clients with a certificate of this authority get in (to the registry, not to where it redirects). */
  readonly clientCa?: string | undefined;
  /** Tags on a page at most; 100 unless given. */
  readonly maxTags?: number | undefined;
}

/** Starts on a free port of 127.0.0.1, with a second server on localhost that blobs may be redirected to. */
export async function startFakeUpstream(options: FakeUpstreamOptions = {}): Promise<FakeUpstream> {
  const upstream = new FakeUpstream(options);
  await upstream.open();
  return upstream;
}

export class FakeUpstream {
  readonly content = new UpstreamContent();
  readonly faults = new UpstreamFaults();
  readonly requests = new UpstreamRequests();
  readonly #options: FakeUpstreamOptions;
  readonly #access: UpstreamAccess;
  readonly #registry: ListeningPlace;
  readonly #storage: ListeningPlace;
  /** Where the challenge sends clients for tokens; its own /token unless set. */
  tokenRealm: string | undefined;

  constructor(options: FakeUpstreamOptions) {
    this.#options = options;
    this.#access = new UpstreamAccess(options);
    const { tls, clientCa } = options;
    const clients =
      clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
    this.#registry = new ListeningPlace(
      "127.0.0.1",
      tls && { ...tls, ...clients },
      (message, response) => void this.#receive(message, response, "registry"),
      () => this.faults.strikeConnection(),
    );
    this.#storage = new ListeningPlace(
      "localhost",
      tls,
      (message, response) => void this.#receive(message, response, "storage"),
      () => false,
    );
  }

  async open(): Promise<void> {
    await this.#registry.open();
    await this.#storage.open();
  }

  async close(): Promise<void> {
    await this.#registry.close();
    await this.#storage.close();
  }

  /** Connections break and new ones are refused, until {@link comeBack}. Also the second server's. */
  async disappear(): Promise<void> {
    await this.close();
  }

  /** On the same ports. */
  async comeBack(): Promise<void> {
    await this.open();
  }

  get #scheme(): string {
    return this.#options.tls ? "https" : "http";
  }

  get url(): string {
    return `${this.#scheme}://${this.#registry.host}`;
  }

  /** Such as 127.0.0.1:40123. */
  get host(): string {
    return this.#registry.host;
  }

  /** Of the second server, such as localhost:40124. Requests to it count as `stored`. */
  get storageHost(): string {
    return this.#storage.host;
  }

  /** Connections that stand at the registry. */
  get connections(): number {
    return this.#registry.connections;
  }

  /** How long tokens live from now on. */
  set tokenSeconds(seconds: number) {
    this.#access.tokenSeconds = seconds;
  }

  /** What tokens say of their life in place of the truth; null: nothing. */
  set saidTokenSeconds(seconds: number | null) {
    this.#access.saidSeconds = seconds;
  }

  /** No token that was given out is good any more, whatever it said. */
  expireTokens(): void {
    this.#access.expireTokens();
  }

  addImage(name: string, tag: string, options?: ImageOptions): AddedImage {
    return this.content.addImage(name, tag, options);
  }

  addManifest(
    bytes: Buffer,
    mediaType: string,
    where: { readonly name: string; readonly tags?: readonly string[] },
  ): Digest {
    return this.content.addManifest(bytes, mediaType, where);
  }

  addReferrer(name: string, subject: Digest, artifactType?: string): Digest {
    return this.content.addReferrer(name, subject, artifactType);
  }

  addBlob(name: string, bytes: Buffer): Digest {
    return this.content.addBlob(name, bytes);
  }

  moveTag(name: string, tag: string, digest: Digest): void {
    this.content.repository(name).tags.set(tag, digest);
  }

  removeTag(name: string, tag: string): void {
    this.content.repository(name).tags.delete(tag);
  }

  removeManifest(name: string, digest: Digest): void {
    this.content.repository(name).manifests.delete(digest);
  }

  async #receive(
    message: IncomingMessage,
    response: ServerResponse,
    place: "registry" | "storage",
  ): Promise<void> {
    response.on("error", () => undefined);
    const request = readUpstreamRequest(message, place);
    this.requests.add(request);
    const form = message.method === "POST" ? await text(message).catch(() => "") : "";
    const faults = this.faults.strike(request);
    await sendAnswer(response, request.method, this.#answer(request, form, faults), faults);
  }

  #answer(request: UpstreamRequest, form: string, faults: StruckFaults): UpstreamAnswer {
    if (request.route === "tokens") return redirected(request, faults) ?? this.#access.token(request, form);
    if (request.route === "stored") return this.#stored(request, faults);
    const refusal = this.#access.refuse(request, this.tokenRealm ?? `${this.url}/token`);
    if (refusal) return refusal;
    const elsewhere = `${this.#scheme}://${this.storageHost}/stored/${request.reference}?X-Signature=of-the-store`;
    return redirected(request, faults, elsewhere) ?? this.#read(request, faults);
  }

  /** Presigned: whoever has the URL may read, and whoever shows another Authorization beside it may not (as S3 has it). */
  #stored(request: UpstreamRequest, faults: StruckFaults): UpstreamAnswer {
    if (request.headers.authorization !== undefined) return answer(400, "one authorization at a time");
    const digest = parseDigest(request.reference);
    for (const { blobs } of this.content.repositories.values()) {
      const bytes = digest && blobs.get(digest);
      if (bytes) return redirected(request, faults) ?? blobAnswer(bytes, request.headers.range, faults);
    }
    return answer(404, "<Error><Code>NoSuchKey</Code></Error>", { "content-type": "application/xml" });
  }

  #read(request: UpstreamRequest, faults: StruckFaults): UpstreamAnswer {
    if (request.route === "ping") return jsonAnswer(200, {});
    const repository = this.content.repositories.get(request.name);
    if (!repository) return errorAnswer(404, "NAME_UNKNOWN");
    switch (request.route) {
      case "manifestHead":
      case "manifestGet":
        return manifestAnswer(repository, request.reference);
      case "blobHead":
      case "blobGet": {
        const digest = parseDigest(request.reference);
        const bytes = digest && repository.blobs.get(digest);
        if (!bytes) return errorAnswer(404, "BLOB_UNKNOWN");
        const found = blobAnswer(bytes, request.headers.range, faults);
        found.headers["docker-content-digest"] = request.reference;
        return found;
      }
      case "tags":
        return tagsAnswer(repository, request, this.#options.maxTags ?? 100);
      case "referrers":
        if (faults.some("no-referrers")) return answer(404, "404 page not found\n");
        return answer(200, this.content.referrersOf(request.name, request.reference), {
          "content-type": "application/vnd.oci.image.index.v1+json",
        });
      default:
        return answer(404, "404 page not found\n");
    }
  }
}

function redirected(
  request: UpstreamRequest,
  faults: StruckFaults,
  elsewhere = "",
): UpstreamAnswer | undefined {
  const redirect = faults.find("redirect");
  if (!redirect) return undefined;
  const targets: Record<string, string> = { "other-host": elsewhere, loop: request.path };
  return answer(redirect.status ?? 307, "", { location: targets[redirect.to] ?? redirect.to });
}

function manifestAnswer({ manifests, tags }: HeldRepository, reference: string): UpstreamAnswer {
  const digest = parseDigest(reference) ?? tags.get(reference);
  const held = digest && manifests.get(digest);
  if (!held) return errorAnswer(404, "MANIFEST_UNKNOWN");
  return answer(200, held.bytes, { "content-type": held.mediaType, "docker-content-digest": digest });
}

function tagsAnswer({ tags }: HeldRepository, request: UpstreamRequest, maxTags: number): UpstreamAnswer {
  const after = request.query.get("last") ?? "";
  const wanted = Number(request.query.get("n") ?? maxTags);
  const limit = Math.min(wanted, maxTags);
  const rest = [...tags.keys()].sort().filter((tag) => tag > after);
  const page = rest.slice(0, limit);
  const next = `</v2/${request.name}/tags/list?n=${limit}&last=${encodeURIComponent(page.at(-1) ?? "")}>; rel="next"`;
  return jsonAnswer(200, { name: request.name, tags: page }, rest.length > limit ? { link: next } : {});
}
