// What one client of the churn does all the time, and what it may rely on: each tag and each root is its own, so that it
// knows what is acknowledged and not deleted; layers, repositories and blobs are everybody's.
import { unexpected } from "./churn-servers.ts";
import { churnRepositories, type ChurnClient, type Content } from "./churn-client.ts";
import type { ChurnContent } from "./churn-content.ts";

interface Image {
  readonly repository: string;
  /** A tag, or the digest of what was pushed without one or lost it to another. */
  readonly reference: string;
  readonly content: Content;
  readonly referrers: string[];
}

const maxImages = 10;

export class ChurnLife {
  readonly #name: string;
  readonly #client: ChurnClient;
  readonly #content: ChurnContent;
  readonly #random: () => number;
  readonly #listed = new Set<Content>();
  #images: Image[] = [];
  #tags = 0;

  constructor(
    name: string,
    { client, content, random }: { client: ChurnClient; content: ChurnContent; random: () => number },
  ) {
    this.#name = name;
    this.#client = client;
    this.#content = content;
    this.#random = random;
  }

  get images(): number {
    return this.#images.length;
  }

  async step(): Promise<void> {
    const chance = this.#random();
    if (this.#images.length === 0 || (this.#images.length < maxImages && chance < 0.4))
      return this.#pushNew();
    const image = this.#client.pick(this.#images);
    if (chance < 0.5) return this.#pushReferrer(image);
    if (chance < 0.55) return this.#moveTag(image);
    if (chance < 0.75) return this.verify(image);
    await this.#remove(image);
  }

  async verifyAll(): Promise<void> {
    for (const image of this.#images) await this.verify(image);
  }

  async removeAll(): Promise<void> {
    while (this.#images.length > 0) await this.#remove(this.#client.pick(this.#images));
  }

  async verify({ repository, reference, content, referrers }: Image): Promise<void> {
    const { digest } = content.manifest;
    const wrong = await this.#client.pull(repository, reference, { digest, referrers });
    if (wrong !== undefined) throw new Error(`${this.#name}: ${reference} was acknowledged, but ${wrong}`);
  }

  async #pushNew(): Promise<void> {
    const repository = this.#client.pick(churnRepositories);
    const content = this.#newContent(repository);
    const reference = this.#random() < 0.1 ? content.manifest.digest : this.#newTag();
    await this.#push({ repository, reference, content, referrers: [] });
  }

  #newContent(repository: string): Content {
    const chance = this.#random();
    if (chance < 0.5) return this.#content.image();
    if (chance < 0.6) return this.#content.buildCache();
    // one that has a tag: a root must not be listed, or it could not be deleted any more
    const [older] = this.#images.filter((image) => image.repository === repository && !isRoot(image));
    if (older === undefined) return this.#content.index([]);
    this.#listed.add(older.content);
    return this.#content.index([older.content]);
  }

  async #push(image: Image): Promise<void> {
    await this.#client.push(image.repository, image.reference, image.content);
    this.#images.push(image);
  }

  async #pushReferrer({ repository, content, referrers }: Image): Promise<void> {
    const referrer = this.#content.referrer(content);
    await this.#client.push(repository, referrer.manifest.digest, referrer);
    referrers.push(referrer.manifest.digest);
  }

  /** What loses its tag so stays, under its digest. */
  async #moveTag(image: Image): Promise<void> {
    // what an index lists goes with the last index
    if (isRoot(image) || this.#listed.has(image.content)) return;
    await this.#push({ ...image, content: this.#content.image(), referrers: [] });
    this.#forget(image);
    this.#images.push({ ...image, reference: image.content.manifest.digest });
  }

  async #remove(image: Image): Promise<void> {
    this.#forget(image);
    const { repository, reference } = image;
    const path = `/v2/${repository}/manifests/${reference}`;
    const deleted = await this.#client.send("DELETE", path);
    if (deleted.status !== 202) throw unexpected(`DELETE of ${reference}`, deleted);
    const after = await this.#client.send("GET", path);
    if (after.status !== 404) throw unexpected(`GET of ${reference} after its DELETE`, after);
  }

  #forget(image: Image): void {
    this.#images = this.#images.filter((one) => one !== image);
  }

  #newTag(): string {
    return `${this.#name}-${this.#tags++}`;
  }
}

const isRoot = ({ reference }: Image): boolean => reference.includes(":");
