// containerd (1.6 and later), and nerdctl and ctr --hosts-dir: /etc/containerd/certs.d/_default/hosts.toml, for all
// registries at once, because containerd says with `ns` which one it means (containerd docs/hosts.md).
import { quoted, urlOf, type ClientSetup, type MirrorServer } from "./client-setup.ts";

export const hostsFolder = "/etc/containerd/certs.d";

export function containerdSetup(server: MirrorServer): ClientSetup {
  return {
    text: hostsToml(server),
    notes: [
      `This is ${hostsFolder}/_default/hosts.toml. containerd reads it at each pull, once config.toml names the folder:`,
      `  containerd 1.x: [plugins."io.containerd.grpc.v1.cri".registry]`,
      `  containerd 2.x: [plugins."io.containerd.cri.v1.images".registry]`,
      `                    config_path = "${hostsFolder}"`,
      "Then: systemctl restart containerd. nerdctl reads the folder by itself; for ctr add --hosts-dir.",
    ],
  };
}

/** Without `server`: then containerd goes to the registry itself when it can't get something here. */
function hostsToml(server: MirrorServer): string {
  const { ca } = server;
  return [
    `# ${hostsFolder}/_default/hosts.toml`,
    `[host.${quoted(urlOf(server))}]`,
    `  capabilities = ["pull", "resolve"]`,
    ...(ca === undefined ? [] : [`  ca = ${quoted(ca)}`]),
    "",
  ].join("\n");
}
