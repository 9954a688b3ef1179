// Small pushes, each of something new: 10 KiB blobs in single POSTs, or manifests under tags of their own. A program, so
// that it shares no thread with anybody.
//   node write-client.js '{"url": …, "kind": …}'   prints one line of JSON
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { sha256 } from "../../support/clients/registry-http.ts";
import { imageMediaType } from "../random-image.ts";
import { measureWrites } from "./request-load.ts";
import type { WriteLoad } from "./small-writes.ts";

const load = JSON.parse(process.argv[2] ?? "") as WriteLoad;
const host = new URL(load.url).host;
const content = randomBytes(10 * 1024);
const run = randomUUID();
let count = 0;

function blobRequest(): Buffer {
  content.writeUInt32BE(count++, 0);
  const digest = createHash("sha256").update(content).digest("hex");
  return request("POST", `${load.path}?digest=sha256:${digest}`, "application/octet-stream", content);
}

function manifestRequest(): Buffer {
  const annotations = { "com.example.run": `${run}-${++count}` };
  const body = Buffer.from(JSON.stringify({ ...load.manifest, annotations }));
  return request("PUT", `${load.path}t-${run.slice(0, 8)}-${count}`, imageMediaType, body);
}

function request(method: string, path: string, type: string, body: Buffer): Buffer {
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}

const next = load.kind === "blob" ? blobRequest : manifestRequest;
try {
  const { requests, seconds } = await measureWrites(
    { ...load, milliseconds: load.seconds * 1000 },
    next,
    201,
  );
  const last = load.kind === "blob" ? sha256(content) : undefined;
  console.log(JSON.stringify({ requests, seconds, last }));
} catch (error) {
  console.log(JSON.stringify({ failed: String(error).split("\r\n")[0] }));
}
process.exit();
