// Asks the same small thing again and again over kept connections, and counts the answers. Of its own, because a client
// that builds a request and parses an answer costs more than the server that is to be measured.
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Load {
  readonly url: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly milliseconds: number;
}

/** Answers per second. Every answer must be a 200, and as long as the first one. */
export async function measureRate({
  url,
  path,
  headers = {},
  connections,
  milliseconds,
}: Load): Promise<number> {
  const { hostname, port, host } = new URL(url);
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...Object.entries(headers).map((pair) => pair.join(": ")),
  ];
  const request = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, "connect");
      return socket;
    }),
  );
  const begun = performance.now();
  const counts = await Promise.all(sockets.map((socket) => ask(socket, request, begun + milliseconds)));
  const seconds = (performance.now() - begun) / 1000;
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
}

function ask(socket: Socket, request: Buffer, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0;
    let length: number | undefined;
    let received = 0;
    socket.on("error", reject);
    socket.on("data", (part: Buffer) => {
      length ??= lengthOf(part.toString("latin1"));
      received += part.length;
      if (received < length) return;
      if (received > length) return reject(new Error("the answers differ in length"));
      received = 0;
      count++;
      if (performance.now() < until) return void socket.write(request);
      socket.destroy();
      resolve(count);
    });
    socket.write(request);
  });
}

/** Of a whole answer, by its first part, which holds all of the headers. */
function lengthOf(text: string): number {
  const end = text.indexOf("\r\n\r\n");
  const body = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  if (!text.startsWith("HTTP/1.1 200 ") || end < 0 || body === undefined) {
    throw new Error(`not the answer that was expected: ${text.slice(0, 300)}`);
  }
  return end + 4 + Number(body);
}
