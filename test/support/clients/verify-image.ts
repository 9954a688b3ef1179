// Fetches an image or index over HTTP and holds every byte against its digest. Of its own: it is the end of nearly
// every scenario.
import { expectStatus, type RegistryHttp, sha256 } from "./registry-http.ts";

const everyManifest = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

interface ManifestJson {
  mediaType?: string;
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: Descriptor[];
}

export interface VerifiedImage {
  digest: string;
  mediaType: string;
  /** Absent for an index. */
  configDigest: string | undefined;
  layerDigests: string[];
  /** The images of an index, in its order. */
  children: VerifiedImage[];
}

/** Everything that `reference` names, read byte for byte; throws at the first digest, size or header that is wrong. */
export async function verifyImage(
  http: RegistryHttp,
  repository: string,
  reference: string,
): Promise<VerifiedImage> {
  const answer = await http.send("GET", `/v2/${repository}/manifests/${reference}`, {
    headers: { accept: everyManifest },
  });
  expectStatus(answer, 200, `GET of ${repository}:${reference}`);
  const digest = sha256(answer.body);
  same(`digest header of ${repository}:${reference}`, answer.headers["docker-content-digest"], digest);
  if (reference.startsWith("sha256:")) same(`digest of ${repository}`, digest, reference);
  const manifest = JSON.parse(answer.body.toString("utf8")) as ManifestJson;
  const children: VerifiedImage[] = [];
  for (const child of manifest.manifests ?? [])
    children.push(await verifyImage(http, repository, child.digest));
  const blobs = [...(manifest.config === undefined ? [] : [manifest.config]), ...(manifest.layers ?? [])];
  for (const blob of blobs) {
    const found = await http.digestOf(`/v2/${repository}/blobs/${blob.digest}`);
    same(`bytes of ${blob.digest}`, found.digest, blob.digest);
    same(`size of ${blob.digest}`, found.size, blob.size);
  }
  return {
    digest,
    mediaType: answer.headers["content-type"] ?? "",
    configDigest: manifest.config?.digest,
    layerDigests: (manifest.layers ?? []).map((layer) => layer.digest),
    children,
  };
}

function same(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} instead of ${String(wanted)}`);
}
