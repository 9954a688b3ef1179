// A Berth that mirrors registries of the test, and what its own command prints for the clients of it. Apart, because
// every mirror file of e2e begins so.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildRandomImage, type BuiltImage, ociIndex, ociManifest } from "../support/clients/image-layout.ts";
import { expectStatus, type RegistryHttp, sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder } from "../support/clients/scratch-folder.ts";
import { type BerthProcess, berthProgram } from "./berth-process.ts";

export interface MirrorFiles {
  readonly environment: Record<string, string>;
  /** Holds the configuration; remove it at the end. */
  readonly folder: string;
}

/** Environment for a Berth with this configuration. */
export async function mirrorConfiguration(configuration: object): Promise<MirrorFiles> {
  const folder = await createScratchFolder();
  const file = join(folder, "berth.yaml");
  await writeFile(file, JSON.stringify(configuration));
  return { folder, environment: { BERTH_CONFIG: file } };
}

/** What `berth client-config CLIENT` prints for this server, as it is. */
export async function clientConfig(
  berth: BerthProcess,
  environment: Record<string, string>,
  client: string,
): Promise<string> {
  return runCommand(
    process.execPath,
    [berthProgram, "client-config", client, "--url", `http://${berth.host}`],
    { environment },
  );
}

/** Writes a configuration where the client looks for it, below `folder`. */
export async function placeFile(folder: string, path: string, content: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, content);
  return file;
}

/** Pushes a built image by raw HTTP, so that the upstream holds it under `reference`. */
export async function pushBuilt(
  http: RegistryHttp,
  repository: string,
  reference: string,
  image: BuiltImage,
): Promise<void> {
  for (const content of image.blobs.values()) await http.pushBlob(repository, content);
  const answer = await http.pushManifest(repository, reference, image.manifest, ociManifest);
  expectStatus(answer, 201, `push of ${repository}:${reference}`);
}

export interface MultiArchitectureImage {
  /** Of the index. */
  readonly digest: string;
  readonly images: { readonly amd64: BuiltImage; readonly arm64: BuiltImage };
}

/** Pushes an index of two architectures. */
export async function pushTwoArchitectures(
  http: RegistryHttp,
  repository: string,
  tag: string,
): Promise<MultiArchitectureImage> {
  const images = { amd64: buildRandomImage(300_000), arm64: buildRandomImage(200_000, "arm64") };
  const manifests = [];
  for (const [architecture, image] of Object.entries(images)) {
    await pushBuilt(http, repository, image.digest, image);
    const { digest, manifest } = image;
    const descriptor = { mediaType: ociManifest, digest, size: manifest.length };
    manifests.push({ ...descriptor, platform: { os: "linux", architecture } });
  }
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }));
  const answer = await http.pushManifest(repository, tag, index, ociIndex);
  expectStatus(answer, 201, `push of ${repository}:${tag}`);
  return { digest: sha256(index), images };
}
