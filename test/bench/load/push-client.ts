// Pushes large blobs, several at once when told to. A program that lives as long as its scenario: it computes digests once,
// and shares no thread with the bench. Told what to do by messages; answers each with the seconds it took, or what failed.
//   push-client.js MEBIBYTES
import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { locationOf, withQuery } from "../../support/clients/registry-http.ts";
import { RepeatedContents, type RepeatedContent } from "../repeated-content.ts";
import type { PushOrder, PushOutcome } from "./push-streams.ts";

const contents = new RepeatedContents(Number(process.argv[2]));
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
/** What docker writes at once. */
const dockerChunk = 32 * 1024;

async function push({ url, repository, way }: PushOrder, content: RepeatedContent): Promise<void> {
  const post = await send("POST", `${url}/v2/${repository}/blobs/uploads/`, 202);
  const upload = url + locationOf(post);
  if (way === "POST+PUT") {
    await send("PUT", closing(upload, content), 201, wholly(content));
    return;
  }
  const patch = await send("PATCH", upload, 202, inChunks(content));
  await send("PUT", closing(url + locationOf(patch), content), 201);
}

function closing(upload: string, { digest }: RepeatedContent): string {
  const { origin } = new URL(upload);
  return origin + withQuery(upload, { digest });
}

interface Body {
  readonly length?: number;
  readonly parts: Iterable<Buffer>;
}

function wholly(content: RepeatedContent): Body {
  return { length: Number(process.argv[2]) * 1024 * 1024, parts: content.blocks() };
}

function inChunks(content: RepeatedContent): Body {
  return { parts: chunksOf(content.blocks()) };
}

function* chunksOf(blocks: Iterable<Buffer>): Generator<Buffer, void> {
  for (const block of blocks) {
    for (let start = 0; start < block.length; start += dockerChunk)
      yield block.subarray(start, start + dockerChunk);
  }
}

async function send(method: string, url: string, status: number, body?: Body): Promise<IncomingMessage> {
  const length = body === undefined ? 0 : body.length;
  const headers = {
    "content-type": "application/octet-stream",
    ...(length !== undefined && { "content-length": length }),
  };
  const outgoing = request(url, { method, agent, headers });
  const responded = once(outgoing, "response") as Promise<[IncomingMessage]>;
  const sent = pipeline(Readable.from(body?.parts ?? [], { highWaterMark: 1 }), outgoing);
  const [[response]] = await Promise.all([responded, sent]);
  response.resume();
  await once(response, "end");
  if (response.statusCode !== status) throw new Error(`${method} answered ${response.statusCode}`);
  return response;
}

async function carryOut(order: PushOrder): Promise<PushOutcome> {
  const each = Array.from({ length: order.streams }, () => contents.next());
  const begun = performance.now();
  try {
    await Promise.all(each.map((content) => push(order, content)));
    return { seconds: (performance.now() - begun) / 1000 };
  } catch (error) {
    return { failed: String(error) };
  }
}

process.on("message", (order: PushOrder) => {
  void carryOut(order).then((outcome) => process.send?.(outcome));
});
process.on("disconnect", () => process.exit());
process.send?.({ seconds: 0 });
