// The secrets of a test, to be looked for where they must not be: as they are, as clients encode them, and whatever else
// has the form of one, such as tokens that a client fetched and showed nobody.
import type { Login } from "./token-login.ts";

/** Berth's own secrets and the tokens that it signs. */
const forms = [/berth_(?:pat|robot|refresh)_[0-9A-Za-z]{33}/g, /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g];

export class PlantedSecrets {
  readonly #texts = new Set<string>();

  plant(secret: string): void {
    this.#texts.add(secret);
    // Of a password the part that no encoding changes.
    const [plain] = /^[\w-]{12,}/.exec(secret) ?? [];
    if (plain !== undefined) this.#texts.add(plain);
  }

  /** With the header that shows it. */
  plantLogin({ name, secret }: Login): void {
    this.plant(secret);
    this.#texts.add(Buffer.from(`${name}:${secret}`).toString("base64"));
  }

  get count(): number {
    return this.#texts.size;
  }

  /** Those that occur in the text. */
  foundIn(text: string): string[] {
    const planted = [...this.#texts].filter((secret) => text.includes(secret));
    return [...planted, ...forms.flatMap((form) => text.match(form) ?? [])];
  }
}
