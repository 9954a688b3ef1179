// kind: the cluster's configuration, which mounts containerd's folder of hosts into the nodes.
import { containerdSetup, hostsFolder } from "./containerd.ts";
import type { ClientSetup, MirrorServer } from "./client-setup.ts";

export function kindSetup(server: MirrorServer): ClientSetup {
  const { ca } = server;
  const mount = (from: string, to: string): string[] => [
    `      - hostPath: ${from}`,
    `        containerPath: ${to}`,
    "        readOnly: true",
  ];
  return {
    text: [
      "# kind.yaml, for: kind create cluster --config kind.yaml",
      "kind: Cluster",
      "apiVersion: kind.x-k8s.io/v1alpha4",
      // kind 0.27 and later have the folder in containerd's configuration already, where this changes nothing.
      "containerdConfigPatches:",
      "  - |-",
      `    [plugins."io.containerd.grpc.v1.cri".registry]`,
      `      config_path = "${hostsFolder}"`,
      "nodes:",
      "  - role: control-plane",
      "    extraMounts:",
      ...mount("./certs.d", hostsFolder),
      ...(ca === undefined ? [] : mount(JSON.stringify(ca), JSON.stringify(ca))),
      "",
    ].join("\n"),
    notes: [
      "Beside it, ./certs.d/_default/hosts.toml is to hold what `berth client-config containerd` prints:",
      ...containerdSetup(server)
        .text.trimEnd()
        .split("\n")
        .map((line) => `  ${line}`),
      "Give further nodes the same extraMounts. Nodes are containers: 127.0.0.1 is not this machine there.",
    ],
  };
}
