// What a fake upstream holds: repositories with manifests, tags and blobs, and images made by code.
import { digestOf, type Digest } from "../../../storage/digest.ts";
import { describeBlob, mediaTypes, randomBlob } from "../images.ts";

export interface HeldManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export interface HeldRepository {
  readonly manifests: Map<Digest, HeldManifest>;
  readonly tags: Map<string, Digest>;
  readonly blobs: Map<Digest, Buffer>;
}

export interface ImageOptions {
  /** Such as linux/amd64, linux/arm64/v8: makes an index of that many images. Without it: one image, no index. */
  readonly platforms?: readonly string[];
  /** Contents, or sizes in bytes of random content; of each platform's image. One of 1 KiB unless given. */
  readonly layers?: readonly (Buffer | number)[];
  readonly mediaTypes?: "oci" | "docker";
}

export interface AddedManifest {
  readonly platform: string;
  readonly digest: Digest;
  readonly size: number;
  readonly config: Digest;
  readonly layers: readonly Digest[];
}

export interface AddedImage {
  /** What the tag means: the index, or the only manifest. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly manifests: readonly AddedManifest[];
}

const types = {
  oci: {
    index: mediaTypes.index,
    manifest: mediaTypes.manifest,
    config: mediaTypes.config,
    layer: mediaTypes.layer,
  },
  docker: {
    index: mediaTypes.dockerList,
    manifest: mediaTypes.dockerManifest,
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  },
} as const;

export class UpstreamContent {
  readonly repositories = new Map<string, HeldRepository>();

  repository(name: string): HeldRepository {
    const held = this.repositories.get(name) ?? {
      manifests: new Map<Digest, HeldManifest>(),
      tags: new Map<string, Digest>(),
      blobs: new Map<Digest, Buffer>(),
    };
    this.repositories.set(name, held);
    return held;
  }

  addBlob(name: string, bytes: Buffer): Digest {
    const digest = digestOf(bytes);
    this.repository(name).blobs.set(digest, bytes);
    return digest;
  }

  addManifest(
    bytes: Buffer,
    mediaType: string,
    where: { readonly name: string; readonly tags?: readonly string[] },
  ): Digest {
    const digest = digestOf(bytes);
    const repository = this.repository(where.name);
    repository.manifests.set(digest, { bytes, mediaType });
    for (const tag of where.tags ?? []) repository.tags.set(tag, digest);
    return digest;
  }

  addImage(name: string, tag: string, options: ImageOptions = {}): AddedImage {
    const kind = types[options.mediaTypes ?? "oci"];
    const platforms = options.platforms ?? ["linux/amd64"];
    const manifests = platforms.map((platform) => this.#addPlatform(name, platform, options));
    if (!options.platforms) {
      const [only] = manifests;
      if (!only) throw new Error("an image has a platform");
      this.repository(name).tags.set(tag, only.digest);
      return { digest: only.digest, ...this.#held(name, only.digest), manifests };
    }
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: kind.index,
        manifests: manifests.map(({ platform, digest, size }) => {
          const [os, architecture, variant] = platform.split("/");
          return { mediaType: kind.manifest, digest, size, platform: { architecture, os, variant } };
        }),
      }),
    );
    const digest = this.addManifest(bytes, kind.index, { name, tags: [tag] });
    return { digest, mediaType: kind.index, bytes, manifests };
  }

  /** An artifact that refers to `subject`, such as a signature; found by the referrers API. */
  addReferrer(name: string, subject: Digest, artifactType = "application/vnd.example.signature"): Digest {
    const target = this.#held(name, subject);
    const layer = randomBlob(128);
    const config = Buffer.from("{}");
    this.addBlob(name, layer);
    this.addBlob(name, config);
    const manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType,
      config: describeBlob(config, mediaTypes.empty),
      layers: [describeBlob(layer)],
      subject: { mediaType: target.mediaType, digest: subject, size: target.bytes.length },
    };
    return this.addManifest(Buffer.from(JSON.stringify(manifest)), mediaTypes.manifest, { name });
  }

  /** The list that the referrers API answers. */
  referrersOf(name: string, subject: string): Buffer {
    const manifests = [...this.repository(name).manifests].flatMap(([digest, { bytes, mediaType }]) => {
      const json = JSON.parse(bytes.toString()) as { subject?: { digest: string }; artifactType?: string };
      if (json.subject?.digest !== subject) return [];
      return [{ mediaType, digest, size: bytes.length, artifactType: json.artifactType }];
    });
    return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
  }

  #held(name: string, digest: Digest): HeldManifest {
    const held = this.repository(name).manifests.get(digest);
    if (!held) throw new Error(`${name}@${digest} is not here`);
    return held;
  }

  #addPlatform(name: string, platform: string, options: ImageOptions): AddedManifest {
    const kind = types[options.mediaTypes ?? "oci"];
    const layers = (options.layers ?? [1024]).map((layer) =>
      typeof layer === "number" ? randomBlob(layer) : layer,
    );
    const [os, architecture] = platform.split("/");
    const config = Buffer.from(JSON.stringify({ os, architecture, made: randomBlob(8).toString("hex") }));
    const manifest = {
      schemaVersion: 2,
      mediaType: kind.manifest,
      config: describeBlob(config, kind.config),
      layers: layers.map((layer) => describeBlob(layer, kind.layer)),
    };
    const bytes = Buffer.from(JSON.stringify(manifest));
    return {
      platform,
      digest: this.addManifest(bytes, kind.manifest, { name }),
      size: bytes.length,
      config: this.addBlob(name, config),
      layers: layers.map((layer) => this.addBlob(name, layer)),
    };
  }
}
