// What the server is busy with: which connections are in the middle of an answer, and which requests are not dealt with
// yet, though their connections may be gone.
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export class WorkInHand {
  readonly #answers = new Map<Duplex, number>();
  #requests = 0;
  #onDone: (() => void) | undefined;

  /** @param request settles when the request was dealt with */
  add(socket: Duplex, response: ServerResponse, request: Promise<void>): void {
    this.#answers.set(socket, this.#answersOn(socket) + 1);
    response.once("close", () => {
      const left = this.#answersOn(socket) - 1;
      if (left > 0) this.#answers.set(socket, left);
      else this.#answers.delete(socket);
    });
    this.#requests += 1;
    request.then(this.#settle, this.#settle);
  }

  isAnswering(socket: Duplex): boolean {
    return this.#answersOn(socket) > 0;
  }

  /** Resolves when there is no request any more that was not dealt with; to be called once, when no new ones come. */
  async done(): Promise<void> {
    if (this.#requests > 0) await new Promise<void>((resolve) => (this.#onDone = resolve));
  }

  readonly #settle = (): void => {
    this.#requests -= 1;
    if (this.#requests === 0) this.#onDone?.();
  };

  #answersOn(socket: Duplex): number {
    return this.#answers.get(socket) ?? 0;
  }
}
