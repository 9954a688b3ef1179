// `berth doctor upstream`: can the upstreams be reached, and what helps where they can't?
import type { Command } from "commander";
import type { UpstreamProbe } from "../../assembly/upstream-probes.ts";
import type { Config } from "../../config/load-config.ts";
import { configFrom } from "../config-options.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import type { Terminal } from "../terminal.ts";
import { printProbes } from "./print-probes.ts";

/** Tries upstreams; main.ts gives the real ones. */
export type UpstreamProbing = {
  readonly probeUpstreams: (config: Config, wanted: string | undefined) => AsyncIterable<UpstreamProbe>;
};

const examples = [
  "berth doctor upstream                             all that are configured",
  "berth doctor upstream registry.k8s.io             one",
  "berth doctor upstream quay.io/team/app:1          one, by an image of yours",
];

export function doctorUpstreamCommand({
  terminal,
  probeUpstreams,
}: UpstreamProbing & { readonly terminal: Terminal }): Command {
  return storageSubcommand("upstream", "reach each upstream as a pull would, and print what works", examples)
    .argument("[name]", "an upstream, or an image of one")
    .action(async (name: string | undefined, options: StorageOptions) => {
      const columns = ["upstream", "source", "name", "outcome", "detail", "advice"];
      await printProbes(
        terminal,
        options,
        columns,
        probeUpstreams(configFrom(options, terminal), name),
        (probe) => ({ ...probe }),
      );
    });
}
