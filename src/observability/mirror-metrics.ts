// What a mirror counts (REQ-33): answers by where they came from, and calls to upstreams by how they ended. Names of
// repositories never become label values; those of upstreams are as many as are configured.
import { Counter, type Registry } from "prom-client";

export interface MirrorMetrics {
  /** A client's question, by outcome: hit, miss, stale, absent, refused. */
  answered(upstream: string, outcome: string): void;
  /** A call to a source ended; `failure` is its class when it failed. */
  asked(upstream: string, call: string, failure: string | undefined): void;
}

export function mirrorMetrics(registry: Registry): MirrorMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: "berth_mirror_requests_total",
    help: "Pulls of mirrored content, by where the answer came from.",
    labelNames: ["upstream", "outcome"],
    registers,
  });
  const calls = new Counter({
    name: "berth_mirror_upstream_calls_total",
    help: "Calls to the sources of upstreams.",
    labelNames: ["upstream", "call"],
    registers,
  });
  const failures = new Counter({
    name: "berth_mirror_upstream_failures_total",
    help: "Calls to the sources of upstreams that failed, by class.",
    labelNames: ["upstream", "failure"],
    registers,
  });
  return {
    answered: (upstream, outcome) => requests.inc({ upstream, outcome }),
    asked: (upstream, call, failure) => {
      calls.inc({ upstream, call });
      if (failure !== undefined) failures.inc({ upstream, failure });
    },
  };
}
