import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { promisedBody, readWhole } from "../../../src/remote/body.ts";

function promised(source: PassThrough, bytes?: number) {
  const failureOf = (cause: unknown) => new Error("failed", { cause });
  return promisedBody(source, { bytes, subject: "upstream.example", failureOf, over: () => undefined });
}

describe("a body that breaks before anybody reads it", () => {
  it.each<[string, (source: PassThrough) => void, string]>([
    ["by an error", (source) => source.destroy(new Error("reset")), "failed"],
    ["by its end", (source) => source.destroy(), "upstream.example broke off after 0 bytes"],
    ["by more than was promised", (source) => source.write("much more"), "more than the 4 bytes it promised"],
  ])("%s tells whoever begins to read, and nobody else", async (_, breakIt, message) => {
    const source = new PassThrough();
    const body = promised(source, 4);
    body.read(0);
    breakIt(source);
    // Where errors come up that nobody listens to: they would fail the run.
    await turn();
    await turn();
    expect(body.destroyed).toBe(true);
    await expect(readWhole(body, 100, "upstream.example")).rejects.toThrow(message);
  });
});
