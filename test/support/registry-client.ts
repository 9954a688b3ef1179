// The pushes and pulls that tests need before they come to their point, over bare HTTP, failing loudly.
import { Agent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { send, type Answer, type Sending } from "./http-request.ts";
import { digestOf, imageManifest, randomBlob, type Manifest } from "./images.ts";
import { locationOf, nextPageOf } from "./oci-answer.ts";

export class RegistryClient {
  readonly origin: string;
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * With `ca`, which is trusted, the origin is an https one.
   * @param headers sent with every request, such as whose it is
   */
  constructor(
    origin: string,
    {
      maxSockets = 64,
      ca,
      headers = {},
    }: { maxSockets?: number; ca?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    this.origin = origin;
    this.#headers = headers;
    const options = { keepAlive: true, maxSockets };
    this.#agent = ca === undefined ? new Agent(options) : new SecureAgent({ ...options, ca });
  }

  send(method: string, path: string, sending: Sending = {}): Promise<Answer> {
    const headers = { ...this.#headers, ...sending.headers };
    return send(this.origin, method, insideKoa(path), { agent: this.#agent, ...sending, headers });
  }

  async startUpload(repository: string, query = ""): Promise<string> {
    return locationOf(await this.#expect(202, "POST", `/v2/${repository}/blobs/uploads/${query}`));
  }

  /** POST, then PUT with all of it. Gives the digest. */
  async pushBlob(repository: string, content: Buffer): Promise<string> {
    const digest = digestOf(content);
    const session = await this.startUpload(repository);
    await this.#expect(201, "PUT", `${session}?digest=${digest}`, { body: content });
    return digest;
  }

  putManifest(
    repository: string,
    reference: string,
    manifest: Manifest,
    sending: Sending = {},
  ): Promise<Answer> {
    return this.send("PUT", `/v2/${repository}/manifests/${reference}`, {
      body: manifest.bytes,
      ...sending,
      headers: { "content-type": manifest.mediaType, ...sending.headers },
    });
  }

  async pushManifest(repository: string, reference: string, manifest: Manifest): Promise<Answer> {
    const answer = await this.putManifest(repository, reference, manifest);
    if (answer.status !== 201) throw unexpected("manifest PUT", answer);
    return answer;
  }

  /** A random image with its config and layers, under `reference` (by digest when there is none). */
  async pushImage(
    repository: string,
    reference?: string,
    more: object = {},
  ): Promise<Manifest & { layers: Buffer[] }> {
    const config = Buffer.from(JSON.stringify({ random: randomBlob(12).toString("hex") }));
    const layers = [randomBlob(), randomBlob()];
    for (const blob of [config, ...layers]) await this.pushBlob(repository, blob);
    const manifest = imageManifest(config, layers, more);
    await this.pushManifest(repository, reference ?? manifest.digest, manifest);
    return { ...manifest, layers };
  }

  /** Walks `path` by its Links and gives the JSON of each page. */
  async pages(path: string): Promise<unknown[]> {
    const pages: unknown[] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      if (pages.length > 10_000) throw new Error(`${path} never ends`);
      const answer: Answer = await this.#expect(200, "GET", next);
      pages.push(JSON.parse(answer.body.toString("utf8")));
      next = nextPageOf(answer);
    }
    return pages;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #expect(status: number, method: string, path: string, sending: Sending = {}): Promise<Answer> {
    const answer = await this.send(method, path, sending);
    if (answer.status !== status) throw unexpected(`${method} ${path}`, answer);
    return answer;
  }
}

function unexpected(what: string, { status, body }: Answer): Error {
  return new Error(`${what} answered ${status}: ${body.toString("utf8").slice(0, 500)}`);
}

/**
 * With BERTH_TEST_INSIDE_KOA the same request with an empty query, which is not answered ahead of Koa: the tables run over
 * both ways (test/src/http/inside-koa.test.ts).
 */
function insideKoa(path: string): string {
  return process.env["BERTH_TEST_INSIDE_KOA"] === undefined || path.includes("?") ? path : `${path}?`;
}
