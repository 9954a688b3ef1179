// The ways in which an upstream can be out of order, and what clients are told where nothing is cached: one table for
// the tests of the whole of Berth in this process, and for those of real processes.
import type { FakeUpstream } from "./fake-upstream.ts";
import type { UpstreamFault } from "./upstream-fault.ts";

export interface Outage {
  readonly fault?: UpstreamFault;
  /** Where Berth looks for it, instead of where it is. */
  readonly url?: (upstream: FakeUpstream) => string;
  readonly begin?: (upstream: FakeUpstream) => Promise<void> | void;
  readonly status: number;
  readonly code: string;
  readonly says?: string;
}

const failed = { status: 502, code: "UNAVAILABLE" };
const refused = { ...failed, says: "credentials rejected" };

export const outages: Readonly<Record<string, Outage>> = {
  "no answer": { fault: { kind: "stall-before-headers" }, status: 504, code: "UNAVAILABLE", says: "timeout" },
  "401": { fault: { kind: "status", status: 401 }, ...refused },
  "403": { fault: { kind: "status", status: 403 }, ...refused },
  "429": { fault: { kind: "status", status: 429, retryAfter: "77" }, status: 429, code: "TOOMANYREQUESTS" },
  "500": { fault: { kind: "status", status: 500 }, ...failed, says: "errors" },
  "503": { fault: { kind: "status", status: 503 }, ...failed, says: "errors" },
  "502 in HTML": { fault: { kind: "status", status: 502, html: true }, ...failed, says: "errors" },
  "no such host": { url: () => "http://nothing.invalid", ...failed, says: "DNS" },
  "TLS that fails": { url: ({ url }) => url.replace("http:", "https:"), ...failed, says: "TLS" },
  "connection refused": { begin: (upstream) => upstream.disappear(), ...failed, says: "no connection" },
  "connection reset": { fault: { kind: "reset" }, ...failed, says: "no connection" },
};

/** From now on. @returns where Berth is to look for the upstream */
export async function beginOutage(upstream: FakeUpstream, { fault, url, begin }: Outage): Promise<string> {
  if (fault) upstream.faults.set(fault);
  await begin?.(upstream);
  return url?.(upstream) ?? upstream.url;
}
