// Serves one blob at so many bytes a second, and says who asks for it. Plain JavaScript of its own, because an upstream
// inside the measuring process would share its one thread with the clock, and Node 20 runs no TypeScript.
//   node slow-upstream.js MEBIBYTES BYTES_PER_SECOND   prints its port and the blob's digest; then a line for each GET
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

const mebibyte = 1024 * 1024;
const [blocks = 1, bytesPerSecond = mebibyte] = process.argv.slice(2).map(Number);
const block = randomBytes(mebibyte);
const hash = createHash("sha256");
for (let n = 0; n < blocks; n++) hash.update(block);
const digest = `sha256:${hash.digest("hex")}`;

async function answer(request, response) {
  const { pathname } = new URL(request.url, "http://upstream.invalid");
  if (pathname === "/v2/") return void response.end("{}");
  if (!pathname.endsWith(`/blobs/${digest}`)) return void response.writeHead(404).end();
  const headers = { "content-length": blocks * mebibyte, "content-type": "application/octet-stream" };
  response.writeHead(200, { ...headers, "docker-content-digest": digest });
  if (request.method !== "GET") return void response.end();
  console.log("GET");
  const begun = performance.now();
  for (let n = 0; n < blocks; n++) {
    // In pieces of 64 KiB, so that the first of them is on its way at once.
    for (let start = 0; start < mebibyte; start += 65_536) {
      const due = ((n * mebibyte + start) / bytesPerSecond) * 1000 - (performance.now() - begun);
      if (due > 1) await delay(due);
      if (!response.write(block.subarray(start, start + 65_536))) await once(response, "drain");
    }
  }
  response.end();
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => console.log(`${server.address().port} ${digest}`));
