// BuildKit: buildkitd.toml. A mirror is a host without a scheme; BuildKit says with `ns` which registry it means, so the
// path names none.
import { hostsOf, quoted, requireNoPath, type ClientSetup, type MirrorServer } from "./client-setup.ts";

const file = "/etc/buildkit/buildkitd.toml";

export function buildkitSetup(server: MirrorServer): ClientSetup {
  requireNoPath(server, "BuildKit");
  const { scheme, host, ca } = server;
  const mirrored = hostsOf(server).map((name) => [
    `[registry.${quoted(name)}]`,
    `  mirrors = [${quoted(host)}]`,
  ]);
  const own = [
    ...(scheme === "http" ? ["  http = true"] : []),
    ...(ca === undefined ? [] : [`  ca = [${quoted(ca)}]`]),
  ];
  const tables = own.length > 0 ? [...mirrored, [`[registry.${quoted(host)}]`, ...own]] : mirrored;
  return {
    text: `# ${file}\n${tables.map((lines) => `${lines.join("\n")}\n`).join("\n")}`,
    notes: [
      `This is ${file}; for a builder of docker buildx, give it when the builder is made:`,
      "  docker buildx create --use --driver docker-container --buildkitd-config FILE",
    ],
  };
}
