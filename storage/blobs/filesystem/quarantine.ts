// Damaged objects, moved aside: a rename within the folder of the objects, so that it costs nothing, crosses no mount and
// happens wholly or not at all. Whoever has the file open reads on.
import path from "node:path";
import { quarantineName, type Quarantining } from "../quarantine-name.ts";
import type { Locator } from "../stored-object.ts";
import { absentAsUndefined, syncDirectory, type FileOperations } from "./file-operations.ts";
import type { Layout } from "./layout.ts";
import type { StorePresence } from "./store-presence.ts";

export class Quarantine {
  readonly #operations: FileOperations;
  readonly #layout: Layout;
  readonly #presence: StorePresence;

  constructor(operations: FileOperations, layout: Layout, presence: StorePresence) {
    this.#operations = operations;
    this.#layout = layout;
    this.#presence = presence;
  }

  /** Where the object is from now on; undefined when it is absent. */
  async take(locator: Locator, what: Quarantining): Promise<string | undefined> {
    const file = this.#layout.object(locator);
    if (!file) return undefined;
    // below a volume that is away its folder would be made where it belongs
    await this.#presence.check();
    const place = path.join(this.#layout.quarantine, quarantineName(what, path.extname(file).slice(1)));
    await this.#operations.mkdir(this.#layout.quarantine, { recursive: true });
    const moved = await absentAsUndefined(this.#operations.rename(file, place).then(() => true));
    if (moved === undefined) return undefined;
    await syncDirectory(this.#operations, this.#layout.quarantine);
    await syncDirectory(this.#operations, path.dirname(file));
    return place;
  }
}
