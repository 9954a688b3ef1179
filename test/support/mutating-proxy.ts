// A reverse proxy that is a faithful registry but for one single fault: the proof that a check can fail. Bodies are
// held whole, so it is for small content.
import { Agent, createServer, request as send, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A request on its way in. A fault may change anything in it. */
export interface PassingRequest {
  method: string;
  /** Path and query, raw. */
  target: string;
  readonly headers: Map<string, string>;
  body: Buffer;
}

/** An answer on its way out. A fault may change anything in it. */
export interface PassingAnswer {
  status: number;
  readonly headers: Map<string, string>;
  body: Buffer;
}

export interface Fault {
  /** Which exchanges the fault is in; by default all. */
  readonly where?: (request: PassingRequest) => boolean;
  readonly changeRequest?: (request: PassingRequest) => void;
  /** Answers in the registry's place, which then never hears of the request. */
  readonly answerInstead?: (request: PassingRequest) => PassingAnswer;
  /** Returns false where this answer is none that the fault is about. */
  readonly changeAnswer?: (answer: PassingAnswer, request: PassingRequest) => boolean;
}

export interface MutatingProxy {
  readonly url: string;
  /** How many exchanges the fault has changed so far. */
  readonly changed: number;
  close(): Promise<void>;
}

export async function startMutatingProxy(target: string, fault: Fault = {}): Promise<MutatingProxy> {
  let changed = 0;
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    exchange((request) => forward(target, agent, request), fault, incoming).then(
      ({ answer, touched }) => {
        if (touched) changed += 1;
        outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
        outgoing.end(answer.body);
      },
      () => outgoing.destroy(),
    );
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get changed() {
      return changed;
    },
    close: async () => {
      await closeServer(server);
      agent.destroy();
    },
  };
}

async function exchange(
  pass: (request: PassingRequest) => Promise<PassingAnswer>,
  fault: Fault,
  incoming: IncomingMessage,
): Promise<{ answer: PassingAnswer; touched: boolean }> {
  const request: PassingRequest = {
    method: incoming.method ?? "GET",
    target: incoming.url ?? "/",
    headers: headersOf(incoming.rawHeaders),
    body: await buffer(incoming),
  };
  const concerned = fault.where?.(request) ?? true;
  if (!concerned) return { answer: await pass(request), touched: false };
  if (fault.answerInstead !== undefined) return { answer: fault.answerInstead(request), touched: true };
  fault.changeRequest?.(request);
  const answer = await pass(request);
  const changedAnswer = fault.changeAnswer?.(answer, request) ?? false;
  return { answer, touched: changedAnswer || fault.changeRequest !== undefined };
}

function forward(
  target: string,
  agent: Agent,
  { method, target: path, headers, body }: PassingRequest,
): Promise<PassingAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(target);
    const outgoing = send({
      hostname,
      port,
      method,
      path,
      headers: Object.fromEntries(headers),
      agent,
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      buffer(response).then((bytes) => {
        resolve({ status: response.statusCode ?? 0, headers: headersOf(response.rawHeaders), body: bytes });
      }, reject);
    });
    // The client was told to go on by this proxy; the registry still may refuse before the body.
    if (headers.has("expect")) outgoing.once("continue", () => outgoing.end(body)).flushHeaders();
    else outgoing.end(body);
  });
}

/** By lower-case name, repeated ones joined; without those that belong to one connection. */
function headersOf(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (["connection", "keep-alive"].includes(name)) continue;
    headers.set(name, headers.has(name) ? `${headers.get(name)!}, ${raw[i + 1]!}` : raw[i + 1]!);
  }
  return headers;
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
