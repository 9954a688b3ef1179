// `--expires 90d`, `--expires 2027-01-31`, `--expires never`.
import { InvalidArgumentError } from "commander";

export type Expiry =
  | { readonly kind: "never" }
  | { readonly kind: "after"; readonly milliseconds: number }
  | { readonly kind: "at"; readonly time: number };

export const expiryHelp = "from when on it is not valid: 12h, 90d, 2027-01-31 (00:00 UTC) or never";

const hour = 3_600_000;
const units: Readonly<Record<string, number>> = { h: hour, d: 24 * hour, w: 7 * 24 * hour };

/** @throws InvalidArgumentError */
export function parseExpiry(text: string): Expiry {
  if (text === "never") return { kind: "never" };
  const [, count = "", unit = ""] = /^(\d{1,6})([hdw])$/.exec(text) ?? [];
  const length = units[unit];
  if (length !== undefined) return { kind: "after", milliseconds: Number(count) * length };
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) ? Date.parse(text) : NaN;
  // 31 February is taken for a day in March
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(text.slice(0, 10))) {
    throw new InvalidArgumentError("Give 12h, 90d or 8w, a day such as 2027-01-31, or never.");
  }
  return { kind: "at", time };
}

/** @returns milliseconds since 1970; undefined for never */
export function expiryTime(expiry: Expiry, now: number): number | undefined {
  switch (expiry.kind) {
    case "never":
      return undefined;
    case "after":
      return now + expiry.milliseconds;
    case "at":
      return expiry.time;
  }
}
