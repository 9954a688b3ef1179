// minikube: options of its start. With the docker runtime they are all; with containerd, minikube copies a file.
import { hostsFolder } from "./containerd.ts";
import { urlOf, type ClientSetup, type MirrorServer } from "./client-setup.ts";

export function minikubeSetup(server: MirrorServer): ClientSetup {
  const { scheme, host, ca } = server;
  const options = [
    ...(server.default === "docker.io" ? [`--registry-mirror=${urlOf(server)}`] : []),
    ...(scheme === "http" ? [`--insecure-registry=${host}`] : []),
    ...(ca === undefined ? [] : ["--embed-certs"]),
  ];
  return {
    text: `${["minikube start", ...options].join(" ")}\n`,
    notes: [
      "The options count when the cluster is made: minikube delete, if there is one.",
      ...(ca === undefined ? [] : [`First: install -D ${ca} ~/.minikube/certs/berth.pem`]),
      "They are for --container-runtime=docker. With containerd, before the start:",
      `  berth client-config containerd > ~/.minikube/files${hostsFolder}/_default/hosts.toml`,
      "Nodes are machines of their own: from there, this one is host.minikube.internal, and never 127.0.0.1.",
    ],
  };
}
