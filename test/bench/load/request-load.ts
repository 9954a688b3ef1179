// Asks the same small thing again and again over kept connections, and counts the answers. Of its own, because a client
// that builds a request and parses an answer costs more than the server that is to be measured.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { LoadResult } from "./small-load.ts";

export interface Load {
  readonly url: string;
  readonly path: string;
  readonly method?: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly milliseconds: number;
}

/** Answers per second. Every answer must be a 200, and as long as the first one. */
export async function measureRate(load: Load): Promise<number> {
  const { requests, seconds } = await measureRequests(load);
  return requests / seconds;
}

export async function measureRequests(load: Load): Promise<LoadResult> {
  const request = requestOf(load);
  let length: number | undefined;
  // all answers are alike: only the first one is parsed
  const lengthOf = (text: string): number => (length ??= answerLength(text, 200, load.method === "HEAD"));
  return keepAsking(load, () => request, lengthOf);
}

/** Requests that each differ from the others, each of which must be answered by this status. */
export function measureWrites(
  load: Pick<Load, "url" | "connections" | "milliseconds">,
  next: () => Buffer,
  status: number,
): Promise<LoadResult> {
  return keepAsking(load, next, (text) => answerLength(text, status, false));
}

async function keepAsking(
  { url, connections, milliseconds }: Pick<Load, "url" | "connections" | "milliseconds">,
  next: () => Buffer,
  lengthOf: (text: string) => number,
): Promise<LoadResult> {
  const { hostname, port } = new URL(url);
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, "connect");
      return socket.setNoDelay();
    }),
  );
  const begun = performance.now();
  const clients = sockets.map((socket) => new Asking(socket, next, lengthOf, begun + milliseconds));
  await Promise.all(clients.map((client) => client.done));
  const seconds = (performance.now() - begun) / 1000;
  const times = clients.flatMap((client) => client.times).sort((one, other) => one - other);
  const bytes = clients.reduce((sum, client) => sum + client.bytes, 0);
  const p99 = times[Math.floor(times.length * 0.99)] ?? 0;
  return { requests: times.length, seconds, bytes, errors: 0, p99 };
}

/** One connection. */
class Asking {
  readonly done: Promise<void>;
  /** Milliseconds of each answer. */
  readonly times: number[] = [];
  bytes = 0;

  constructor(socket: Socket, next: () => Buffer, lengthOf: (text: string) => number, until: number) {
    let length: number | undefined;
    let received = 0;
    let asked = performance.now();
    this.done = new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("the server closed the connection")));
      socket.on("data", (part: Buffer) => {
        try {
          length ??= lengthOf(part.toString("latin1"));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return void socket.destroy();
        }
        received += part.length;
        if (received < length) return;
        if (received > length) return reject(new Error("more came than was announced"));
        this.bytes += received;
        [received, length] = [0, undefined];
        const now = performance.now();
        this.times.push(now - asked);
        asked = now;
        if (now < until) return void socket.write(next());
        resolve();
        socket.destroy();
      });
    });
    socket.write(next());
  }
}

function requestOf({ url, path, method = "GET", headers = {} }: Load): Buffer {
  const given = Object.entries(headers).map((pair) => pair.join(": "));
  return Buffer.from(
    [`${method} ${path} HTTP/1.1`, `Host: ${new URL(url).host}`, ...given, "", ""].join("\r\n"),
  );
}

/** Of a whole answer, by its first part, which holds all of the headers. */
function answerLength(text: string, status: number, isHead: boolean): number {
  const end = text.indexOf("\r\n\r\n");
  const body = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  if (!text.startsWith(`HTTP/1.1 ${status} `) || end < 0 || body === undefined) {
    throw new Error(`not the answer that was expected: ${text.split("\r\n")[0]}`);
  }
  return end + 4 + (isHead ? 0 : Number(body));
}
