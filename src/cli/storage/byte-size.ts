// Numbers of bytes as options give them: 500KiB, 50MiB, 1GiB.
import { InvalidArgumentError } from "commander";

const factors: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** @throws InvalidArgumentError */
export function parseByteSize(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([KMG]iB)$/.exec(text) ?? [];
  const bytes = Number(count) * (factors[unit] ?? 0);
  if (bytes === 0) throw new InvalidArgumentError("Give a size such as 500KiB, 50MiB or 1GiB.");
  return bytes;
}
