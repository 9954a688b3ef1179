// The processes that clients of the churn talk to, now one and now another, and what these answered. What no collection
// may ever cause ends the churn.
import type { Answer, Sending } from "../../support/http-request.ts";
import type { RegistryClient } from "../../support/registry-client.ts";

export class ChurnServers {
  readonly #clients: readonly RegistryClient[];
  readonly #counts = new Map<string, number>();

  constructor(clients: readonly RegistryClient[]) {
    this.#clients = clients;
  }

  /** @param turn in [0, 1): which of the processes is asked */
  async send(turn: number, method: string, path: string, sending?: Sending): Promise<Answer> {
    const client = this.#clients[Math.floor(turn * this.#clients.length)];
    if (client === undefined) throw new Error("there is no such process");
    const answer = await client.send(method, path, sending);
    const kind = /\/(manifests|blobs\/uploads|blobs|referrers)\//.exec(path)?.[1] ?? path;
    this.count(`${method} ${kind} ${answer.status}`);
    if (answer.status >= 500 || answer.status === 405) throw unexpected(`${method} ${path}`, answer);
    return answer;
  }

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** How often each thing happened, by name. */
  counts(): string[] {
    return [...this.#counts].sort().map(([what, times]) => `${what}: ${times}`);
  }
}

export function unexpected(what: string, { status, body }: Answer): Error {
  return new Error(`${what} answered ${status}: ${body.toString("utf8").slice(0, 500)}`);
}
