// Pushing large blobs to a server, by a client in a process of its own.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { WrongAnswer, type Contender } from "../scenario.ts";
import type { Server } from "../servers/server.ts";

export interface PushOrder {
  readonly url: string;
  readonly repository: string;
  /** In one request after the POST, as buildkit and skopeo push, or with docker's PATCH in chunks between them. */
  readonly way: "POST+PUT" | "POST+PATCH+PUT";
  readonly streams: number;
}

export type PushOutcome = { readonly seconds: number } | { readonly failed: string };

export class PushClient {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #mebibytes: number;

  private constructor(child: ChildProcess, mebibytes: number) {
    this.#child = child;
    this.#ended = once(child, "exit");
    this.#mebibytes = mebibytes;
  }

  /** Blobs of this size; each push brings content of its own. */
  static async start(mebibytes: number): Promise<PushClient> {
    const child = fork(join(import.meta.dirname, "push-client.js"), [String(mebibytes)]);
    await once(child, "message");
    return new PushClient(child, mebibytes);
  }

  /** Figure `rate`: MiB a second until the last 201; a unit is a GiB. */
  contender(server: Server, order: Pick<PushOrder, "way" | "streams">, name = server.name): Contender {
    const { url, pids } = server;
    const measure: Contender["measure"] = async () => {
      const outcome = await this.#push({ url, repository: "bench/large", ...order });
      if ("failed" in outcome) throw new WrongAnswer(outcome.failed);
      const total = order.streams * this.#mebibytes;
      return { figures: { rate: total / outcome.seconds }, units: total / 1024 };
    };
    return { name, pids, measure };
  }

  async #push(order: PushOrder): Promise<PushOutcome> {
    const answered = once(this.#child, "message") as Promise<[PushOutcome]>;
    const died = this.#ended.then((): [PushOutcome] => [{ failed: "the client died" }]);
    this.#child.send(order);
    return (await Promise.race([answered, died]))[0];
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}
