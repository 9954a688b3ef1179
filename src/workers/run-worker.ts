// A worker's side: it starts when it is told to, answers the primary, and ends when it is told to or when nobody is there
// to tell it anything. It reads no configuration and takes no signals: those reach it through the primary, once.
import type { FirstAdmin } from "../../auth/accounts/first-admin.ts";
import type { Config } from "../config/load-config.ts";
import type { Figures } from "../observability/workers-metrics.ts";
import type { FromWorker, ToWorker, WorkerOrder } from "./messages.ts";
import { tell } from "./told-error.ts";

/** What a worker is made of: the server of a single process, without metrics of its own. */
export interface WorkerServer {
  readonly urls: { readonly http: string };
  readonly firstAdmin: FirstAdmin | undefined;
  change(config: Config): void;
  figures(): Promise<Figures>;
  close(): Promise<void>;
}

export interface WorkerSurroundings {
  readonly assemble: (order: WorkerOrder) => Promise<WorkerServer>;
  readonly listen: (hear: (message: ToWorker) => void) => void;
  /** Resolves when the primary has it. */
  readonly send: (message: FromWorker) => Promise<void>;
  readonly exit: (code: number) => void;
}

/** Messages are dealt with in their order: what comes while it starts waits. */
export function runWorker({ assemble, listen, send, exit }: WorkerSurroundings): void {
  let server: WorkerServer | undefined;
  const start = async (order: WorkerOrder): Promise<void> => {
    try {
      server = await assemble(order);
    } catch (error) {
      await send({ kind: "failed", error: tell(error) });
      return exit(1);
    }
    const { urls, firstAdmin } = server;
    await send({ kind: "ready", ready: { url: urls.http, firstAdmin } });
  };
  const count = async (counting: WorkerServer, question: number): Promise<void> => {
    // where it can't, the primary goes by what it said last
    const figures = await counting.figures().catch(() => undefined);
    if (figures !== undefined) await send({ kind: "counted", question, figures });
  };
  const obey = async (message: ToWorker): Promise<void> => {
    switch (message.kind) {
      case "start":
        return start(message.order);
      case "change":
        return server?.change(message.config);
      case "count":
        return server && count(server, message.question);
      case "close":
        await server?.close();
        return exit(0);
    }
  };
  let last: Promise<void> = Promise.resolve();
  listen((message) => {
    last = last.then(() => obey(message));
  });
  void send({ kind: "listening" });
}
