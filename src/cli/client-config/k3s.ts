// k3s and rke2: registries.yaml, from which they write containerd's files. No rewrite: Berth understands `ns` and the
// plain path (REQ-49).
import { quoted, urlOf, type ClientSetup, type MirrorServer } from "./client-setup.ts";

export const k3sSetup = (server: MirrorServer): ClientSetup =>
  registriesYaml(server, "/etc/rancher/k3s/registries.yaml", "k3s, on agents k3s-agent");

export const rke2Setup = (server: MirrorServer): ClientSetup =>
  registriesYaml(server, "/etc/rancher/rke2/registries.yaml", "rke2-server, on agents rke2-agent");

function registriesYaml(server: MirrorServer, file: string, service: string): ClientSetup {
  const { host, ca } = server;
  const tls = ["configs:", `  ${quoted(host)}:`, "    tls:", `      ca_file: ${quoted(ca ?? "")}`];
  return {
    text: [
      `# ${file}`,
      "mirrors:",
      `  "*":`,
      "    endpoint:",
      `      - ${quoted(urlOf(server))}`,
      ...(ca === undefined ? [] : tls),
      "",
    ].join("\n"),
    notes: [
      `This is ${file}, on every node. Then: systemctl restart ${service}.`,
      "What Berth does not have comes from the registry itself, as long as --disable-default-registry-endpoint is not given.",
    ],
  };
}
