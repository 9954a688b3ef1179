// The bytes of an answer on their way to us: as many as were promised, at the reader's pace, and an end that tells
// whether they were all.
import { Readable } from "node:stream";
import { RemoteError } from "./remote-error.ts";

export interface BodyPromise {
  /** Bytes that are to come; undefined where the upstream does not say. */
  readonly bytes: number | undefined;
  /** Who sends them, for messages. */
  readonly subject: string;
  readonly failureOf: (cause: unknown) => Error;
  /** Called once, when nothing comes any more, whatever the reason. */
  readonly over: () => void;
}

/**
 * Ends in an error when fewer or more bytes come than promised. Nothing is read ahead of what the reader takes. Who
 * begins to read after it broke gets the error then; who never does leaves nothing unhandled.
 */
export function promisedBody(source: Readable, { bytes, subject, failureOf, over }: BodyPromise): Readable {
  let count = 0;
  let ended = false;
  const body = new Readable({
    highWaterMark: 64 * 1024,
    read: () => void source.resume(),
    destroy: (error, callback) => {
      source.destroy();
      over();
      callback(error);
    },
  });
  body.on("error", () => undefined);
  source.pause();
  source.on("data", (chunk: Buffer) => {
    count += chunk.length;
    if (bytes !== undefined && count > bytes) {
      body.destroy(new RemoteError("corrupt", `${subject} sent more than the ${bytes} bytes it promised`));
    } else if (!body.push(chunk)) source.pause();
  });
  source.on("end", () => {
    ended = true;
    if (bytes === undefined || count >= bytes) body.push(null);
    else body.destroy(new RemoteError("connection", `${subject} broke off after ${count} of ${bytes} bytes`));
  });
  source.on("error", (error) => body.destroy(failureOf(error)));
  source.on("close", () => {
    if (!ended) body.destroy(new RemoteError("connection", `${subject} broke off after ${count} bytes`));
  });
  return body;
}

/** The whole of a body, for content that is small. */
export async function readWhole(body: Readable, maxBytes: number, subject: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the body.
    if (size > maxBytes) throw new RemoteError("corrupt", `${subject} sent more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

const smallBytes = 65_536;

/** Reads a small body to its end, so that its connection serves again; drops any other with the connection. */
export function discard(body: Readable, bytes: number | undefined): void {
  if ((bytes ?? Infinity) > smallBytes) return void body.destroy();
  const timer = setTimeout(() => body.destroy(), 1000);
  body.once("close", () => clearTimeout(timer));
  body.resume();
}
