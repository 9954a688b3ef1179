// A proxy in front of any S3 that passes everything on as it was signed, but for the faults that a test injects. It
// streams, so that large bodies and slow ones go through it as they are.
import { randomUUID } from "node:crypto";
import {
  Agent,
  createServer,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { Agent as SecureAgent, request as sendSecurely } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Transform } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { FaultRule, type Fault, type FaultInjection, type InjectedFault } from "./fault-rule.ts";
import { errorXml, S3Error } from "./s3-error.ts";
import { addressOf, type S3Operation } from "./s3-operation.ts";
import { slowStream } from "./slow-stream.ts";

export interface PassedRequest {
  readonly operation: S3Operation | "unknown";
  readonly key: string;
  readonly fault: Fault["fault"] | undefined;
  /** What the server answered; `undefined` where it was not asked or has not answered. */
  status: number | undefined;
}

export interface FaultyS3Proxy {
  readonly endpoint: string;
  /** In the order of arrival. */
  readonly requests: readonly Readonly<PassedRequest>[];
  /** The first of several rules that strike decides. */
  inject(injection: FaultInjection): InjectedFault;
  /** Removes all rules and forgets the requests. */
  reset(): void;
  close(): Promise<void>;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly fault: Fault | undefined;
  readonly passed: PassedRequest;
}

type Forward = (request: IncomingMessage, body?: Transform) => Promise<IncomingMessage>;

/** `target` is an origin. Its server has to take the proxy's host name for its own, as servers addressed by path do. */
export async function startFaultyS3Proxy(target: string): Promise<FaultyS3Proxy> {
  const requests: PassedRequest[] = [];
  const rules = new Set<FaultRule>();
  const { forward, close: closeForward } = forwarderTo(new URL(target));
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const { operation, key } = addressOf(request);
    const fault = [...rules].find((rule) => rule.strikes(operation, key))?.fault;
    const passed: PassedRequest = {
      operation: operation ?? "unknown",
      key,
      fault: fault?.fault,
      status: undefined,
    };
    requests.push(passed);
    exchange({ request, response, fault, passed }, forward).catch(() => reset(request));
  };
  const server = createServer(answer);
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    response.writeContinue();
    answer(request, response);
  });
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    inject: (injection) => {
      const rule = new FaultRule(injection);
      rules.add(rule);
      return {
        get hits() {
          return rule.hits;
        },
        remove: () => void rules.delete(rule),
      };
    },
    reset: () => {
      rules.clear();
      requests.splice(0);
    },
    close: async () => {
      await closeServer(server);
      closeForward();
    },
  };
}

async function exchange({ request, response, fault, passed }: Exchange, forward: Forward): Promise<void> {
  switch (fault?.fault) {
    case "reset-before":
      return reset(request);
    case "timeout":
      return void request.resume();
    case "400":
      return refuse(request, response, new S3Error(400, "InvalidRequest", "The request is not valid."));
    case "500":
      return refuse(
        request,
        response,
        new S3Error(500, "InternalError", "We encountered an internal error."),
      );
    case "503-slowdown":
      return refuse(request, response, new S3Error(503, "SlowDown", "Please reduce your request rate."));
    default: {
      const slow = fault?.fault === "slow-bytes" ? slowStream(fault.bytesPerSecond) : undefined;
      const answer = await forward(request, slow);
      passed.status = answer.statusCode;
      await passAnswer(answer, { request, response, fault });
    }
  }
}

async function passAnswer(
  answer: IncomingMessage,
  { request, response, fault }: Omit<Exchange, "passed">,
): Promise<void> {
  const headers = passedHeaders(answer.rawHeaders);
  const status = answer.statusCode ?? 502;
  switch (fault?.fault) {
    case "reset-after-request":
      // To its last byte: by then the server has done all of it.
      await finished(answer.resume());
      return reset(request);
    case "reset-during-response":
      response.writeHead(status, headers);
      await pipeline(firstBytes(answer, fault.afterBytes), response);
      // Closed rather than reset, which would take back bytes that the client has not read yet.
      return request.socket.destroySoon();
    case "silence-during-response":
      response.writeHead(status, headers);
      for await (const piece of firstBytes(answer, fault.afterBytes)) response.write(piece);
      return;
    case "wrong-length": {
      const length = Number(answer.headers["content-length"] ?? 0) + fault.by;
      const others = headers.filter(
        (_, index) => !/^content-length$/i.test(headers[index - (index % 2)] ?? ""),
      );
      response.writeHead(status, [...others, "Content-Length", String(length), "Connection", "close"]);
      await pipeline(answer, response);
      return request.socket.destroySoon();
    }
    case "slow-bytes":
      response.writeHead(status, headers);
      return pipeline(answer, slowStream(fault.bytesPerSecond), response);
    default:
      response.writeHead(status, headers);
      return pipeline(answer, response);
  }
}

/** A rejection and a reset look the same to the client, as they do where a proxy stands in between. */
function forwarderTo({ protocol, hostname, port }: URL): { forward: Forward; close: () => void } {
  const secure = protocol === "https:";
  const agent = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const forward: Forward = (request, body) =>
    new Promise((resolve, reject) => {
      const { method, url: path } = request;
      const headers = passedHeaders(request.rawHeaders);
      const { "content-length": length, "transfer-encoding": encoding } = request.headers;
      // Without either, what has no body would go on in chunks, which S3 does not take.
      if (length === undefined && encoding === undefined) headers.push("Content-Length", "0");
      const start = secure ? sendSecurely : send;
      const outgoing = start({ hostname, port, method, path, agent, headers, setHost: false });
      outgoing.on("response", resolve).on("error", reject);
      const sent = body ? pipeline(request, body, outgoing) : pipeline(request, outgoing);
      sent.catch(reject);
    });
  return { forward, close: () => agent.destroy() };
}

/** As they came, without those that belong to one connection. Host stays: it is signed. */
function passedHeaders(raw: readonly string[]): string[] {
  const own = ["connection", "keep-alive", "expect"];
  return raw.filter((_, index) => !own.includes((raw[index - (index % 2)] ?? "").toLowerCase()));
}

async function* firstBytes(source: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer, undefined> {
  let left = count;
  for await (const piece of source) {
    yield piece.subarray(0, left);
    left -= Math.min(left, piece.length);
    if (left === 0) return;
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: S3Error): void {
  const xml = request.method === "HEAD" ? "" : errorXml(refusal, request.url ?? "/", randomUUID());
  request.on("end", () => {
    response.writeHead(refusal.status, { "Content-Type": "application/xml" }).end(xml);
  });
  request.resume();
}

/** Its client may have gone, and its connection serve another request. */
function reset({ socket }: { readonly socket: Socket | null }): void {
  socket?.resetAndDestroy();
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
