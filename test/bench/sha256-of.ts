// The digest of what a URL answers with.
import { createHash } from "node:crypto";
import { WrongAnswer } from "./scenario.ts";

export async function sha256Of(url: string): Promise<string> {
  const answer = await fetch(url);
  if (answer.status !== 200 || answer.body === null) throw new WrongAnswer(`GET answered ${answer.status}`);
  const hash = createHash("sha256");
  for await (const part of answer.body as AsyncIterable<Uint8Array>) hash.update(part);
  return `sha256:${hash.digest("hex")}`;
}
