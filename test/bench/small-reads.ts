// Contenders for scenarios that ask for the same small thing again and again: a server that has it, and node:http alone
// with the same answer.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { measureSmall, type SmallLoad } from "./load/small-load.ts";
import { WrongAnswer, type Contender } from "./scenario.ts";
import type { Server } from "./servers/server.ts";

export const bareHttp = "bare http";

export interface SmallRead {
  readonly path: string;
  readonly method?: "GET" | "HEAD";
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** 16 unless told otherwise. */
  readonly connections?: number;
}

/** A server's answers; what they say is looked at before each measurement. */
export function reader(
  server: Pick<Server, "name" | "url" | "pids">,
  read: SmallRead,
  seconds: number,
): Contender {
  const { path, body, connections = 16, ...rest } = read;
  const load: SmallLoad = { url: server.url + path, connections, seconds, length: body.length, ...rest };
  return {
    name: server.name,
    pids: server.pids,
    warmUp: () => measureSmall({ ...load, seconds: Math.min(2, seconds) }),
    measure: async () => {
      await expectBody(load, body);
      return measureSmall(load);
    },
  };
}

async function expectBody({ url, method = "GET", headers = {} }: SmallLoad, body: Buffer): Promise<void> {
  const answer = await fetch(url, { method, headers });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) throw new WrongAnswer(`${method} answered ${answer.status}`);
  if (method === "GET" && !bytes.equals(body)) throw new WrongAnswer("the body was not what was pushed");
  if (Number(answer.headers.get("content-length")) !== body.length)
    throw new WrongAnswer("a wrong Content-Length");
}

/** What is Node's own to add, or speaks of one connection. */
const ownHeaders = new Set(["date", "connection", "keep-alive"]);

/** Answers as this server did, from memory. */
export async function startBareHttp(
  bench: Bench,
  server: Server,
  { path, body, headers = {} }: SmallRead,
): Promise<Server> {
  const answer = await fetch(server.url + path, { headers });
  await answer.arrayBuffer();
  const copied = [...answer.headers].filter(([name]) => !ownHeaders.has(name));
  const file = join(bench.folder, `bare-${path.replaceAll(/[^\w.-]/g, "_").slice(-80)}`);
  await writeFile(file, body);
  const program = await bench.startProgram(
    "yardsticks/bare-http",
    JSON.stringify(Object.fromEntries(copied)),
    file,
  );
  const { firstLine: url, pid } = program;
  return { name: bareHttp, url, http: server.http, pids: () => [pid], close: () => program.close() };
}
