// What the primary and its workers say to each other, over the channel that node:cluster gives them: plain data, cloned.
import type { FirstAdmin } from "../../auth/accounts/first-admin.ts";
import type { Config } from "../config/load-config.ts";
import type { Figures } from "../observability/workers-metrics.ts";
import type { ToldError } from "./told-error.ts";

export interface WorkerOrder {
  /** Which of the workers it is, from 1. One that takes another's place has its number. */
  readonly number: number;
  /** The configuration is read by the primary alone, so that all workers have the same, be they started later. */
  readonly config: Config;
  readonly adminPassword: string | undefined;
}

export interface WorkerReady {
  readonly url: string;
  readonly firstAdmin: FirstAdmin | undefined;
}

export type ToWorker =
  | { readonly kind: "start"; readonly order: WorkerOrder }
  | { readonly kind: "change"; readonly config: Config }
  | { readonly kind: "count"; readonly question: number }
  | { readonly kind: "close" };

export type FromWorker =
  /** It hears from now on. What is said to a process that still loads its code is lost. */
  | { readonly kind: "listening" }
  | { readonly kind: "ready"; readonly ready: WorkerReady }
  /** It can't start, and ends. */
  | { readonly kind: "failed"; readonly error: ToldError }
  | { readonly kind: "counted"; readonly question: number; readonly figures: Figures };
