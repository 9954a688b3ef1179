// `berth client-config CLIENT`: what a client has to be told to pull through this registry. Standard output is the file or
// the command itself; what is to be done with it stands on the error output.
import { Argument, Command } from "commander";
import { configFrom } from "../config-options.ts";
import type { Terminal } from "../terminal.ts";
import { buildkitSetup } from "./buildkit.ts";
import type { ClientSetup, MirrorServer } from "./client-setup.ts";
import { containerdSetup } from "./containerd.ts";
import { crioSetup, podmanSetup } from "./containers-registries.ts";
import { dockerSetup } from "./docker.ts";
import { k3sSetup, rke2Setup } from "./k3s.ts";
import { kindSetup } from "./kind.ts";
import { minikubeSetup } from "./minikube.ts";
import { mirrorServer, type AddressOptions } from "./server-address.ts";

export const clients = new Map<string, (server: MirrorServer) => ClientSetup>([
  ["docker", dockerSetup],
  ["containerd", containerdSetup],
  ["k3s", k3sSetup],
  ["rke2", rke2Setup],
  ["cri-o", crioSetup],
  ["podman", podmanSetup],
  ["buildkit", buildkitSetup],
  ["kind", kindSetup],
  ["minikube", minikubeSetup],
]);

const examples = `
Examples:
  $ berth client-config docker                                        what belongs into /etc/docker/daemon.json
  $ berth client-config containerd > /etc/containerd/certs.d/_default/hosts.toml
  $ berth client-config podman --url https://registry.example.com --ca /etc/pki/our-ca.pem

Give it the server's --config, or the same environment: from there come the URL (http.publicUrl, else http.listen), and
the upstreams.`;

type Options = AddressOptions & { readonly config?: string };

export function clientConfigCommand(terminal: Terminal): Command {
  return new Command("client-config")
    .description("print the file or command by which a client pulls through this registry")
    .addArgument(new Argument("<client>", "what is to be configured").choices([...clients.keys()]))
    .option("-c, --config <file>", "the server's YAML configuration file (or BERTH_CONFIG)")
    .option("--url <url>", "how clients reach this registry, where http.publicUrl does not say it")
    .option("--ca <file>", "on the client's machine: the authority of the certificate, when it is your own")
    .addHelpText("after", examples)
    .action((client: string, options: Options) => {
      const setup = clients.get(client);
      if (setup === undefined) throw new Error(`no such client: ${client}`);
      const { text, notes } = setup(mirrorServer(configFrom(options, terminal), options));
      terminal.stdout(text);
      for (const note of notes) terminal.stderr(`${note}\n`);
    });
}
