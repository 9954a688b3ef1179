// What the server is busy with: which connections are in the middle of an answer, and which requests are not dealt with
// yet, though their connections may be gone.
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export class WorkInHand {
  readonly #answers = new Map<Duplex, number>();
  readonly #requests = new Set<Promise<void>>();

  /** @param request settles when the request was dealt with */
  add(socket: Duplex, response: ServerResponse, request: Promise<void>): void {
    this.#answers.set(socket, this.#answersOn(socket) + 1);
    response.once("close", () => {
      const left = this.#answersOn(socket) - 1;
      if (left > 0) this.#answers.set(socket, left);
      else this.#answers.delete(socket);
    });
    this.#requests.add(request);
    void request.catch(() => undefined).finally(() => this.#requests.delete(request));
  }

  isAnswering(socket: Duplex): boolean {
    return this.#answersOn(socket) > 0;
  }

  /** Resolves when all requests so far were dealt with. */
  async done(): Promise<void> {
    await Promise.allSettled(this.#requests);
  }

  #answersOn(socket: Duplex): number {
    return this.#answers.get(socket) ?? 0;
  }
}
