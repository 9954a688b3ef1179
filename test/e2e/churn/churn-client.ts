// One client of the churn: pushes as real ones do, looking first for what is there and mounting it from elsewhere, and
// pulls what it was promised. A PUT of a manifest may be told that something is missing: then all of it is pushed again.
import type { Answer } from "../../support/http-request.ts";
import { digestOf, mediaTypes, type Descriptor, type Manifest } from "../../support/images.ts";
import { locationOf } from "../../support/oci-answer.ts";
import { unexpected, type ChurnServers } from "./churn-servers.ts";

/** A manifest with all that it needs: blobs, and manifests that are pushed before it. */
export interface Content {
  readonly manifest: Manifest;
  readonly blobs: readonly Buffer[];
  readonly children: readonly Content[];
}

/** What is to be there besides what its reference names. */
export interface Kept {
  readonly digest: string;
  /** Digests of manifests that refer to it. */
  readonly referrers: readonly string[];
}

export const churnRepositories = ["churn/a", "churn/b", "churn/c", "other/d"];

const isManifest = (type: string) => type === mediaTypes.manifest || type === mediaTypes.index;

export class ChurnClient {
  readonly #servers: ChurnServers;
  readonly #random: () => number;

  /** @param random in [0, 1) */
  constructor(servers: ChurnServers, random: () => number) {
    this.#servers = servers;
    this.#random = random;
  }

  send(
    ...request: Parameters<ChurnServers["send"]> extends [number, ...infer R] ? R : never
  ): Promise<Answer> {
    return this.#servers.send(this.#random(), ...request);
  }

  /** Returns once it was acknowledged. */
  async push(repository: string, reference: string, content: Content): Promise<void> {
    const { manifest, blobs, children } = content;
    const headers = { "content-type": manifest.mediaType };
    for (let attempts = 0; attempts < 50; attempts++) {
      for (const blob of blobs) await this.#pushBlob(repository, blob);
      for (const child of children) await this.#pushChild(repository, child);
      const path = `/v2/${repository}/manifests/${reference}`;
      const put = await this.send("PUT", path, { body: manifest.bytes, headers });
      if (put.status === 201) return;
      if (put.status !== 404) throw unexpected(`PUT of ${reference}`, put);
      this.#servers.count("pushed again, as something was missing");
    }
    throw new Error(`${repository} never had all that ${reference} needs at once`);
  }

  async #pushChild(repository: string, child: Content): Promise<void> {
    const { digest } = child.manifest;
    const head = await this.send("HEAD", `/v2/${repository}/manifests/${digest}`);
    if (head.status !== 200) await this.push(repository, digest, child);
  }

  async #pushBlob(repository: string, blob: Buffer): Promise<void> {
    const digest = digestOf(blob);
    if ((await this.send("HEAD", `/v2/${repository}/blobs/${digest}`)).status === 200) return;
    const from = this.pick(churnRepositories);
    const mount = `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`;
    const started = await this.send("POST", mount);
    if (started.status === 201) return;
    if (started.status !== 202) throw unexpected(mount, started);
    const put = await this.send("PUT", `${locationOf(started)}?digest=${digest}`, { body: blob });
    if (put.status !== 201) throw unexpected(`PUT of ${digest}`, put);
  }

  /** Pulls all of it and holds every byte against its digest. undefined when all is well, else what is not. */
  async pull(repository: string, reference: string, image: Kept): Promise<string | undefined> {
    const wrong = await this.#pullManifest(repository, reference);
    if (wrong !== undefined || image.referrers.length === 0) return wrong;
    const listed = await this.send("GET", `/v2/${repository}/referrers/${image.digest}`);
    const { manifests = [] } = JSON.parse(listed.body.toString("utf8")) as Named;
    for (const referrer of image.referrers) {
      if (!manifests.some(({ digest }) => digest === referrer)) return `${referrer} is no referrer any more`;
      const lost = await this.#pullManifest(repository, referrer);
      if (lost !== undefined) return lost;
    }
    return undefined;
  }

  async #pullManifest(repository: string, reference: string): Promise<string | undefined> {
    const answer = await this.send("GET", `/v2/${repository}/manifests/${reference}`);
    if (answer.status !== 200) return `manifest ${reference} of ${repository}: ${answer.status}`;
    if (reference.includes(":") && digestOf(answer.body) !== reference) return `other bytes at ${reference}`;
    const { config, layers = [], manifests = [] } = JSON.parse(answer.body.toString("utf8")) as Named;
    for (const { mediaType, digest } of [...manifests, ...layers, ...(config ? [config] : [])]) {
      const wrong = isManifest(mediaType)
        ? await this.#pullManifest(repository, digest)
        : await this.#pullBlob(repository, digest);
      if (wrong !== undefined) return `${wrong}, which ${reference} needs`;
    }
    return undefined;
  }

  async #pullBlob(repository: string, digest: string): Promise<string | undefined> {
    const answer = await this.send("GET", `/v2/${repository}/blobs/${digest}`);
    if (answer.status !== 200) return `blob ${digest} of ${repository}: ${answer.status}`;
    return digestOf(answer.body) === digest ? undefined : `other bytes at ${digest}`;
  }

  pick<T>(among: readonly T[]): T {
    const one = among[Math.floor(this.#random() * among.length)];
    if (one === undefined) throw new Error("there is nothing to pick from");
    return one;
  }
}

interface Named {
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
}
