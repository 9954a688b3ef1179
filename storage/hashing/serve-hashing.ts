// What a hashing thread does. It is handed over as its own text, because Node 20 runs no TypeScript: so a thread starts in
// the same way from the sources and from what is built of them, and the function may use nothing but its arguments.
import type { createHash, Hash } from "node:crypto";
import type { MessagePort } from "node:worker_threads";
import type { DigestAlgorithm } from "../digest.ts";

/** Each is answered, in order; `hasher` is a number of the asker's choice. */
export type HashingOrder =
  | { readonly kind: "start"; readonly hasher: number; readonly algorithms: readonly DigestAlgorithm[] }
  | { readonly kind: "update" | "shorten"; readonly hasher: number; readonly block: Uint8Array }
  | { readonly kind: "digests" | "drop"; readonly hasher: number };

/** Digests in hexadecimal, for `digests`; nothing for the others. */
export type HashingAnswer = Partial<Record<DigestAlgorithm, string>>;

/** An order that cannot be carried out ends the thread: whoever waits for it learns that. */
export function serveHashing(port: MessagePort, newHash: typeof createHash): void {
  interface Running {
    hashes: [DigestAlgorithm, Hash][];
    before: [DigestAlgorithm, Hash][];
  }
  const all = new Map<number, Running>();
  const copyOf = (hashes: [DigestAlgorithm, Hash][]): [DigestAlgorithm, Hash][] =>
    hashes.map(([algorithm, hash]) => [algorithm, hash.copy()]);
  const find = (hasher: number): Running => {
    const running = all.get(hasher);
    if (!running) throw new Error(`there is no hash ${hasher}`);
    return running;
  };
  const obey = (order: HashingOrder): HashingAnswer => {
    switch (order.kind) {
      case "start":
        all.set(order.hasher, { hashes: order.algorithms.map((name) => [name, newHash(name)]), before: [] });
        return {};
      case "drop":
        all.delete(order.hasher);
        return {};
      case "digests":
        return Object.fromEntries(
          copyOf(find(order.hasher).hashes).map(([algorithm, hash]) => [algorithm, hash.digest("hex")]),
        );
      default: {
        const running = find(order.hasher);
        if (order.kind === "shorten") running.hashes = running.before;
        running.before = copyOf(running.hashes);
        for (const [, hash] of running.hashes) hash.update(order.block);
        return {};
      }
    }
  };
  port.on("message", (order: HashingOrder) => port.postMessage(obey(order)));
}
