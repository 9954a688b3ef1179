// Runs one group of checks through a proxy with one fault and tells which of them went red.
import { runConformance } from "../../conformance/run-conformance.ts";
import { startMutatingProxy } from "../support/mutating-proxy.ts";
import type { Mutation } from "./faults.ts";

export interface Provoked {
  /** Ids of the checks that failed, sorted. */
  readonly red: readonly string[];
  /** How many exchanges the fault changed. */
  readonly changed: number;
}

export async function provoke(registryUrl: string, { fault, group }: Mutation): Promise<Provoked> {
  const proxy = await startMutatingProxy(registryUrl, fault);
  try {
    const results = await runConformance(proxy.url, { only: [group] });
    const red = results.filter(({ outcome }) => outcome === "fail").map(({ id }) => id);
    return { red: red.sort(), changed: proxy.changed };
  } finally {
    await proxy.close();
  }
}
