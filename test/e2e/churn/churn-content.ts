// Random content of the churn: images, indexes, build caches and referrers, most of whose layers others have too.
import {
  artifact,
  describeBlob,
  describeManifest,
  emptyJson,
  imageIndex,
  imageManifest,
  randomBlob,
} from "../../support/images.ts";
import type { Content } from "./churn-client.ts";

/** Layers that many images share, a few of which are replaced by new ones now and then. */
export class ChurnContent {
  readonly #random: () => number;
  readonly #layers: Buffer[];

  constructor(random: () => number, layers = 30) {
    this.#random = random;
    this.#layers = Array.from({ length: layers }, () => this.#newLayer());
  }

  image(): Content {
    const config = Buffer.from(JSON.stringify({ made: randomBlob(12).toString("hex") }));
    const layers = this.#someLayers();
    return { manifest: imageManifest(config, layers), blobs: [config, ...layers], children: [] };
  }

  /** Of new images and one of `older`, sometimes in an index of its own. */
  index(older: readonly Content[]): Content {
    const [known] = older;
    const children = [this.image(), ...(known === undefined ? [] : [known])];
    if (this.#random() < 0.3) children.push(this.index([]));
    const described = children.map(({ manifest }) => describeManifest(manifest));
    return { manifest: imageIndex(described, unique()), blobs: [], children };
  }

  /** An index whose entries are blobs, as a builder keeps its cache. */
  buildCache(): Content {
    const blobs = this.#someLayers();
    const described = blobs.map((blob) => describeBlob(blob));
    return { manifest: imageIndex(described, unique()), blobs, children: [] };
  }

  referrer({ manifest }: Content): Content {
    const { annotations } = unique();
    const refers = artifact("application/vnd.churn.signature", describeManifest(manifest), annotations);
    return { manifest: refers, blobs: [emptyJson], children: [] };
  }

  #someLayers(): Buffer[] {
    const position = Math.floor(this.#random() * this.#layers.length);
    if (this.#random() < 0.2) this.#layers[position] = this.#newLayer();
    return [0, 1, 2].flatMap((next) => this.#layers[(position + next * 7) % this.#layers.length] ?? []);
  }

  #newLayer(): Buffer {
    return randomBlob(200 + Math.floor(this.#random() * 40_000));
  }
}

function unique() {
  return { annotations: { made: randomBlob(12).toString("hex") } };
}
