// A client that sends the headers of a request alone, and the body only when told to go on.
import { answerTo, open, type Answer } from "./http-request.ts";

export async function sendPolitely(
  url: string,
  method: string,
  path: string,
  body: Buffer,
): Promise<Answer & { continued: boolean }> {
  const headers = { expect: "100-continue", "content-length": body.length };
  const outgoing = open(url, method, path, { headers });
  let continued = false;
  outgoing.on("continue", () => {
    continued = true;
    outgoing.end(body);
  });
  outgoing.flushHeaders();
  const answer = await answerTo(outgoing);
  outgoing.destroy();
  return { ...answer, continued };
}
