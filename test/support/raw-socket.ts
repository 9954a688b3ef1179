// Bytes to a server and back over a bare socket: for what is not HTTP/1.1, or not HTTP at all.
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export async function openSocket(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket;
}

/** Sends `text`, and gives all that comes back until the server closes the connection. */
export async function exchange(origin: string, text: string): Promise<string> {
  const socket = await openSocket(origin);
  socket.write(text);
  return readToEnd(socket);
}

/** All that arrives until the other side ends or breaks the connection. */
export async function readToEnd(socket: Socket): Promise<string> {
  const parts: Buffer[] = [];
  await new Promise<void>((resolve) => {
    socket.on("data", (part: Buffer) => parts.push(part));
    socket.on("error", () => resolve());
    socket.on("close", () => resolve());
    socket.on("end", () => socket.end());
  });
  return Buffer.concat(parts).toString("latin1");
}

/** Resolves with what has arrived once it contains `text`; rejects when the connection closes before. */
export async function readUntil(socket: Socket, text: string): Promise<string> {
  let seen = "";
  return new Promise((resolve, reject) => {
    const onData = (part: Buffer): void => {
      seen += part.toString("latin1");
      if (!seen.includes(text)) return;
      socket.off("data", onData).off("close", onClose);
      resolve(seen);
    };
    const onClose = (): void => reject(new Error(`closed after: ${seen}`));
    socket
      .on("data", onData)
      .on("close", onClose)
      .on("error", () => undefined);
  });
}

/** A socket's answer, taken apart. */
export function parseAnswer(text: string): { status: number; headers: Record<string, string>; body: string } {
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")).toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  return { status: Number(statusLine.split(" ")[1]), headers, body: text.slice(end + 4) };
}
