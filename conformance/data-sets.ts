// The shapes of content that a registry meets: each a set of blobs and the manifests over them, in the order of pushing.
import { randomUUID } from "node:crypto";
import {
  blob,
  content,
  descriptorOf,
  document,
  mediaTypes,
  type Algorithm,
  type Content,
  type Descriptor,
} from "./content.ts";

export interface DataSet {
  readonly blobs: readonly Content[];
  /** Children before those that list them; the last one is the root. */
  readonly manifests: readonly [...Content[], Content];
}

export interface ImageParts {
  readonly config?: Content;
  /** Not given: one layer of the config's own bytes, so that an image that is only a means costs one upload. */
  readonly layers?: readonly Content[];
  /** More fields of the manifest: subject, artifactType, annotations … */
  readonly fields?: object;
  /** Of everything in the image. */
  readonly algorithm?: Algorithm;
}

export const rootOf = ({ manifests }: DataSet): Content => manifests[manifests.length - 1] ?? manifests[0];

function configBlob(algorithm?: Algorithm): Content {
  const config = {
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [] },
    author: randomUUID(),
  };
  return content(Buffer.from(JSON.stringify(config)), mediaTypes.ociConfig, algorithm);
}

export function image({ fields = {}, algorithm, ...parts }: ImageParts = {}): DataSet {
  const config = parts.config ?? configBlob(algorithm);
  const layers = parts.layers ?? [{ ...config, mediaType: mediaTypes.ociLayer }];
  const described = { config: descriptorOf(config), layers: layers.map((layer) => descriptorOf(layer)) };
  return {
    blobs: parts.layers === undefined ? [config] : [config, ...layers],
    manifests: [document(mediaTypes.ociImage, { ...described, ...fields }, algorithm)],
  };
}

export function index(children: readonly DataSet[] = [image(), image()], fields: object = {}): DataSet {
  const manifests = children.map((child, at) => {
    const platform = { os: "linux", architecture: at === 0 ? "amd64" : "arm64" };
    return descriptorOf(rootOf(child), { platform });
  });
  return {
    blobs: children.flatMap((child) => child.blobs),
    manifests: [
      ...children.flatMap((child) => child.manifests),
      document(mediaTypes.ociIndex, { manifests, ...fields }),
    ],
  };
}

export const nestedIndex = (): DataSet => index([index(), index()]);

/** What an artifact has instead of an image's config. */
export const emptyConfig = (): Content => content(Buffer.from("{}"), mediaTypes.ociEmpty);

export function artifact(artifactType: string, fields: object = {}): DataSet {
  const layers = [blob(128, "sha256", "application/vnd.example.data")];
  return image({
    config: emptyConfig(),
    layers,
    fields: { artifactType, annotations: { made: randomUUID() }, ...fields },
  });
}

export const noLayers = (): DataSet => image({ layers: [] });

export const customFields = (): DataSet =>
  image({
    fields: {
      "com.example.field": { nested: [1, 2.5, "three", null] },
      annotations: { "com.example.note": "ü ✓" },
    },
  });

/** A layer that is described and never uploaded: clients fetch it from its own URL. */
export function foreignLayer(): DataSet {
  const own = blob();
  const absent = blob(1024, "sha256", mediaTypes.ociForeignLayer);
  const urls = [`https://store.example.com/${absent.digest.slice("sha256:".length)}`];
  const layers = [descriptorOf(absent, { urls }), descriptorOf(own)];
  const base = image({ layers: [own] });
  return { blobs: base.blobs, manifests: [withFields(rootOf(base), { layers })] };
}

/** Descriptors that carry their content in `data`; the blobs are pushed as well. */
export function dataField(): DataSet {
  const layer = blob(64);
  const base = image({ layers: [layer] });
  const layers = [descriptorOf(layer, { data: layer.bytes.toString("base64") })];
  return { blobs: base.blobs, manifests: [withFields(rootOf(base), { layers })] };
}

export function dockerImage(): DataSet {
  const config = content(configBlob().bytes, mediaTypes.dockerConfig);
  const layers = [blob(256, "sha256", mediaTypes.dockerLayer)];
  const described = { config: descriptorOf(config), layers: layers.map((layer) => descriptorOf(layer)) };
  return { blobs: [config, ...layers], manifests: [document(mediaTypes.dockerImage, described)] };
}

export function dockerList(): DataSet {
  const child = dockerImage();
  const manifests = [descriptorOf(rootOf(child), { platform: { os: "linux", architecture: "amd64" } })];
  return {
    blobs: child.blobs,
    manifests: [...child.manifests, document(mediaTypes.dockerList, { manifests })],
  };
}

/** An image that refers to `subject`. */
export const referrer = (subject: Descriptor, fields: object = {}): DataSet =>
  image({ layers: [], fields: { subject, annotations: { made: randomUUID() }, ...fields } });

function withFields({ bytes, mediaType }: Content, fields: object): Content {
  return document(mediaType, { ...(JSON.parse(bytes.toString()) as object), ...fields });
}
