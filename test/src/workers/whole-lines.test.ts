// Whatever pieces a pipe gives them in, lines come out whole.
import fc from "fast-check";
import { expect, it } from "vitest";
import { WholeLines } from "../../../src/workers/whole-lines.ts";

function passed(chunks: readonly Buffer[]): string[] {
  const calls: string[] = [];
  const lines = new WholeLines((text) => calls.push(text));
  for (const chunk of chunks) lines.add(chunk);
  return calls;
}

it("passes whole lines only, all of them, in their order, with letters of several bytes", () => {
  const line = fc.string({ unit: "binary" }).map((text) => `${text.replaceAll("\n", "")}\n`);
  const input = fc.tuple(fc.array(line), fc.array(fc.nat(200)));
  fc.assert(
    fc.property(input, ([lines, cuts]) => {
      const text = Buffer.from(lines.join("")).toString();
      const bytes = Buffer.from(text);
      const places = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])];
      const ordered = places.sort((one, other) => one - other);
      const chunks = ordered.slice(1).map((end, index) => bytes.subarray(ordered[index], end));
      const calls = passed(chunks);
      expect(calls.join("")).toBe(text);
      expect(calls.every((call) => call.endsWith("\n"))).toBe(true);
    }),
  );
});

it("drops the line that its worker could not finish", () => {
  expect(passed([Buffer.from("one\ntw")])).toEqual(["one\n"]);
});
