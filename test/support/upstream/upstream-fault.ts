// What can be wrong with an upstream, as data, and the rules that say when it is.
import type { UpstreamRequest } from "./upstream-request.ts";

export type UpstreamFault =
  /** The request is read; nothing is ever answered. */
  | { readonly kind: "stall-before-headers" }
  | { readonly kind: "stall-in-body"; readonly afterBytes: number }
  /** After so many bytes of the body, a multiple of 256 KiB, the rest waits for `until`. */
  | { readonly kind: "hold"; readonly afterBytes: number; readonly until: Promise<void> }
  /** The connection is destroyed after so many bytes of the body. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** Content-Length is off by so many bytes: positive promises more than comes (then closes), negative less. */
  | { readonly kind: "length"; readonly by: number }
  /** Of the right length, under the digest of others. */
  | { readonly kind: "wrong-bytes" }
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfter?: string;
      /** An error page, as of a captive portal or a load balancer, in place of the spec's JSON. */
      readonly html?: boolean;
      /** Of the first error in the JSON; UNKNOWN unless given. */
      readonly code?: string;
    }
  /** 200 with a page of HTML: a captive portal. */
  | { readonly kind: "portal" }
  | { readonly kind: "no-digest" }
  /** A Docker-Content-Digest of something else. */
  | { readonly kind: "wrong-digest" }
  /** No Content-Length. */
  | { readonly kind: "chunked" }
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  /** 307 to the upstream's second server (`other-host`), to itself for ever (`loop`), or to that URL. */
  | { readonly kind: "redirect"; readonly to: string; readonly status?: number }
  | { readonly kind: "range-ignored" }
  | { readonly kind: "wrong-content-range" }
  /** The content is gzip'ed, and says so. */
  | { readonly kind: "gzip" }
  /** Hub's headers: `100;w=21600`. */
  | {
      readonly kind: "rate-limit";
      readonly limit: number;
      readonly remaining: number;
      readonly windowSeconds: number;
    }
  /** Connections are reset as soon as they are accepted; `where` does not count. */
  | { readonly kind: "reset" }
  /** The referrers API is not there: 404. */
  | { readonly kind: "no-referrers" };

export interface FaultOptions {
  /** By default everything but the token endpoint and the second server; set it to reach those. */
  readonly where?: ((request: UpstreamRequest) => boolean) | undefined;
  /** So often, then never again; always unless given. */
  readonly times?: number | undefined;
}

export interface FaultRule {
  /** How often it has struck. */
  readonly struck: number;
  remove(): void;
}

interface Rule {
  readonly fault: UpstreamFault;
  readonly where: (request: UpstreamRequest) => boolean;
  readonly times: number;
  struck: number;
}

const atTheRegistry = ({ route }: UpstreamRequest) => route !== "tokens" && route !== "stored";

export class UpstreamFaults {
  #rules: Rule[] = [];

  set(fault: UpstreamFault, options: FaultOptions = {}): FaultRule {
    const rule: Rule = {
      fault,
      where: options.where ?? atTheRegistry,
      times: options.times ?? Infinity,
      struck: 0,
    };
    this.#rules.push(rule);
    return {
      get struck() {
        return rule.struck;
      },
      remove: () => (this.#rules = this.#rules.filter((other) => other !== rule)),
    };
  }

  clear(): void {
    this.#rules = [];
  }

  /** Faults of this request, each of which counts as struck from now on. */
  strike(request: UpstreamRequest): StruckFaults {
    return this.#take(({ fault, where }) => fault.kind !== "reset" && where(request));
  }

  strikeConnection(): boolean {
    return this.#take(({ fault }) => fault.kind === "reset").some("reset");
  }

  #take(fits: (rule: Rule) => boolean): StruckFaults {
    const struck = this.#rules.filter((rule) => rule.struck < rule.times && fits(rule));
    for (const rule of struck) rule.struck += 1;
    return new StruckFaults(struck.map(({ fault }) => fault));
  }
}

/** The faults of one answer. */
export class StruckFaults {
  readonly #faults: readonly UpstreamFault[];

  constructor(faults: readonly UpstreamFault[]) {
    this.#faults = faults;
  }

  find<Kind extends UpstreamFault["kind"]>(kind: Kind): Extract<UpstreamFault, { kind: Kind }> | undefined {
    return this.#faults.find((fault): fault is Extract<UpstreamFault, { kind: Kind }> => fault.kind === kind);
  }

  some(kind: UpstreamFault["kind"]): boolean {
    return this.find(kind) !== undefined;
  }
}
