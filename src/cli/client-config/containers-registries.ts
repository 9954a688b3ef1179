// podman, skopeo, buildah and CRI-O: registries.conf, version 2 (containers-registries.conf(5)). They send no `ns`, so the
// upstream is named in the mirror's path, for each host that an image's name may begin with. By its own name, since paths
// can't hold the port that an alias may have.
import { quoted, requireNoPath, type ClientSetup, type MirrorServer } from "./client-setup.ts";

const file = "/etc/containers/registries.conf.d/50-berth.conf";

export const podmanSetup = (server: MirrorServer): ClientSetup =>
  registriesConf(server, "podman", `This is ${file}, or for one user ~/.config/containers/registries.conf.`);

export const crioSetup = (server: MirrorServer): ClientSetup =>
  registriesConf(server, "CRI-O", `This is ${file}. Then: systemctl reload crio`);

function registriesConf(server: MirrorServer, client: string, note: string): ClientSetup {
  requireNoPath(server, client);
  const { scheme, host, ca, upstreams } = server;
  const insecure = scheme === "http" ? ["insecure = true"] : [];
  const mirrors = upstreams.flatMap(({ name, aliases }) =>
    [name, ...aliases].map((called) => [
      "[[registry]]",
      `location = ${quoted(called)}`,
      "[[registry.mirror]]",
      `location = ${quoted(`${host}/${name}`)}`,
      ...insecure,
    ]),
  );
  const own = insecure.length > 0 ? [["[[registry]]", `location = ${quoted(host)}`, ...insecure]] : [];
  return {
    text: `# ${file}\n${[...mirrors, ...own].map((lines) => `${lines.join("\n")}\n`).join("\n")}`,
    notes: [
      note,
      ...(ca === undefined
        ? []
        : [`The authority is found here: install -D ${ca} /etc/containers/certs.d/${host}/ca.crt`]),
    ],
  };
}
