// What CNCF Distribution keeps on disk of images, written as files: pushing a hundred thousand blobs to it would take most
// of an hour. The layout is documented in its `registry/storage/paths.go`.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../support/clients/registry-http.ts";
import type { Image } from "../random-image.ts";

/** @param data its root directory */
export function layOutImage(data: string, repository: string, tag: string, { bytes, blobs }: Image): void {
  const root = join(data, "docker/registry/v2");
  const write = (path: string, content: Buffer | string): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const hex = (digest: string): string => digest.slice("sha256:".length);
  for (const content of [bytes, ...blobs]) {
    const name = hex(sha256(content));
    write(`blobs/sha256/${name.slice(0, 2)}/${name}/data`, content);
  }
  const own = `repositories/${repository}`;
  for (const blob of blobs) write(`${own}/_layers/sha256/${hex(sha256(blob))}/link`, sha256(blob));
  const manifest = sha256(bytes);
  write(`${own}/_manifests/revisions/sha256/${hex(manifest)}/link`, manifest);
  write(`${own}/_manifests/tags/${tag}/current/link`, manifest);
  write(`${own}/_manifests/tags/${tag}/index/sha256/${hex(manifest)}/link`, manifest);
}
