// docker: /etc/docker/daemon.json. Docker asks `registry-mirrors` for images of Docker Hub alone; those of other
// registries are pulled by their prefix.
import { urlOf, type ClientSetup, type MirrorServer } from "./client-setup.ts";

export function dockerSetup(server: MirrorServer): ClientSetup {
  const { scheme, host, ca } = server;
  const mirrorsHub = server.default === "docker.io";
  const settings = {
    ...(mirrorsHub && { "registry-mirrors": [urlOf(server)] }),
    ...(scheme === "http" && { "insecure-registries": [host] }),
  };
  const folder = `/etc/docker/certs.d/${host}`;
  return {
    text: `${JSON.stringify(settings, null, 2)}\n`,
    notes: [
      "This is /etc/docker/daemon.json: where the file exists already, put these keys into it. Then: systemctl restart docker",
      ...(mirrorsHub
        ? []
        : [
            "Pulls of Docker Hub's images (docker pull alpine) go by their prefix too, because mirror.default is not docker.io in the configuration given here.",
          ]),
      ...(mirrorsHub && server.path !== "" ? ["A mirror's URL with a path needs docker 24 or later."] : []),
      ...(ca === undefined ? [] : [`Docker finds the authority here: install -D ${ca} ${folder}/ca.crt`]),
      ...prefixPulls(server),
    ],
  };
}

const examples: Readonly<Record<string, string>> = {
  "docker.io": "library/alpine:3.20",
  "registry.k8s.io": "pause:3.10",
  "quay.io": "prometheus/prometheus:latest",
  "ghcr.io": "OWNER/IMAGE:TAG",
};

function prefixPulls({ host, path, upstreams, default: forUnprefixed }: MirrorServer): string[] {
  if (path !== "") return [];
  const mirrorsHub = forUnprefixed === "docker.io";
  const names = upstreams.map(({ name }) => name).filter((name) => !(mirrorsHub && name === "docker.io"));
  const [name] = [...names.filter((one) => one in examples), ...names];
  if (name === undefined) return [];
  const what = mirrorsHub ? "What is not Docker Hub's" : "Everything";
  return [`${what} is pulled by its prefix: docker pull ${host}/${name}/${examples[name] ?? "NAME:TAG"}`];
}
