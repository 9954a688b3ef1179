// One repository of the registry under test: its addresses, and short forms of the requests that checks make.
import type { Answer, HttpClient, SendOptions } from "./http-client.ts";
import { mediaTypes } from "./content.ts";

const { ociImage, ociIndex, dockerImage, dockerList } = mediaTypes;

/** What a client says that it understands; some registries answer 404 without it. */
export const acceptManifests = { accept: [ociImage, ociIndex, dockerImage, dockerList, "*/*"].join(", ") };

export class Repository {
  readonly client: HttpClient;
  readonly name: string;

  constructor(client: HttpClient, name: string) {
    this.client = client;
    this.name = name;
  }

  /** Another repository of the same check. */
  sibling(suffix: string): Repository {
    return new Repository(this.client, `${this.name}-${suffix}`);
  }

  get uploadsPath(): string {
    return `/v2/${this.name}/blobs/uploads/`;
  }

  get tagsPath(): string {
    return `/v2/${this.name}/tags/list`;
  }

  blobPath(digest: string): string {
    return `/v2/${this.name}/blobs/${digest}`;
  }

  manifestPath(reference: string): string {
    return `/v2/${this.name}/manifests/${reference}`;
  }

  referrersPath(digest: string): string {
    return `/v2/${this.name}/referrers/${digest}`;
  }

  send(method: string, to: string, options?: SendOptions): Promise<Answer> {
    return this.client.send(method, to, options);
  }

  getBlob(digest: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send("GET", this.blobPath(digest), { headers });
  }

  headBlob(digest: string): Promise<Answer> {
    return this.send("HEAD", this.blobPath(digest));
  }

  getManifest(reference: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send("GET", this.manifestPath(reference), { headers: { ...acceptManifests, ...headers } });
  }

  headManifest(reference: string): Promise<Answer> {
    return this.send("HEAD", this.manifestPath(reference), { headers: acceptManifests });
  }

  /** `query` begins with `?` or is empty. */
  putManifest(
    reference: string,
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    query = "",
  ): Promise<Answer> {
    return this.send("PUT", `${this.manifestPath(reference)}${query}`, { headers, body });
  }

  deleteManifest(reference: string): Promise<Answer> {
    return this.send("DELETE", this.manifestPath(reference));
  }
}
