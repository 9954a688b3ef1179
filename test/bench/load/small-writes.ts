// Contenders for small durable pushes, of blobs or of manifests.
import { WrongAnswer, type Contender } from "../scenario.ts";
import { startProgram } from "../servers/program.ts";
import type { Server } from "../servers/server.ts";

export interface WriteLoad {
  readonly url: string;
  /** Of the POSTs; of a manifest without its tag. */
  readonly path: string;
  readonly kind: "blob" | "manifest";
  /** What every manifest begins with; all that it names is there. */
  readonly manifest?: object;
  readonly connections: number;
  readonly seconds: number;
}

type Outcome = { readonly requests: number; readonly seconds: number } | { readonly failed: string };

/** Figure `rate`: 201s a second. */
export function writer(server: Server, load: Omit<WriteLoad, "url">, name = server.name): Contender {
  const run = async (seconds: number) => measure({ ...load, url: server.url, seconds });
  return {
    name,
    pids: server.pids,
    warmUp: () => run(Math.min(1, load.seconds)),
    measure: () => run(load.seconds),
  };
}

async function measure(load: WriteLoad) {
  const client = await startProgram("load/write-client", [JSON.stringify(load)]);
  await client.close();
  const outcome = JSON.parse(client.firstLine) as Outcome;
  if ("failed" in outcome) throw new WrongAnswer(outcome.failed);
  return { figures: { rate: outcome.requests / outcome.seconds }, units: outcome.requests };
}
