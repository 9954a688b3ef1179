// What a cluster made by kubeadm needs: the images of `kubeadm config images list`, and the pause images that container
// runtimes ask for by themselves, which differ from kubeadm's (REQ-65).

/** From a patch version on, until the next row of the minor version. */
interface Row {
  readonly from: number;
  readonly pause: string;
  readonly etcd: string;
  readonly coredns: string;
}

interface Minor {
  /** The last patch version that the rows were compared with. */
  readonly knownTo: number;
  readonly rows: readonly Row[];
}

const row = (from: number, pause: string, etcd: string, coredns: string): Row => ({
  from,
  pause,
  etcd,
  coredns,
});

/**
 * PauseVersion, DefaultEtcdVersion and CoreDNSVersion of kubeadm's app/constants/constants.go at each release: to 1.31 as
 * minikube recorded the output of `kubeadm config images list` for every patch version; from 1.32 of the first release.
 */
// A row is a line: that is how a table is read.
// prettier-ignore
const minors: Readonly<Record<number, Minor>> = {
  22: { knownTo: 17, rows: [row(0, "3.5", "3.5.0-0", "v1.8.4"), row(17, "3.5", "3.5.6-0", "v1.8.4")] },
  23: { knownTo: 17, rows: [row(0, "3.6", "3.5.1-0", "v1.8.6"), row(14, "3.6", "3.5.5-0", "v1.8.6"), row(15, "3.6", "3.5.6-0", "v1.8.6")] },
  24: { knownTo: 17, rows: [row(0, "3.7", "3.5.3-0", "v1.8.6"), row(8, "3.7", "3.5.5-0", "v1.8.6"), row(9, "3.7", "3.5.6-0", "v1.8.6")] },
  25: { knownTo: 16, rows: [row(0, "3.8", "3.5.4-0", "v1.9.3"), row(4, "3.8", "3.5.5-0", "v1.9.3"), row(5, "3.8", "3.5.6-0", "v1.9.3"), row(15, "3.8", "3.5.9-0", "v1.9.3")] },
  26: { knownTo: 15, rows: [row(0, "3.9", "3.5.6-0", "v1.9.3"), row(10, "3.9", "3.5.9-0", "v1.9.3"), row(13, "3.9", "3.5.10-0", "v1.9.3")] },
  27: { knownTo: 16, rows: [row(0, "3.9", "3.5.7-0", "v1.10.1"), row(7, "3.9", "3.5.9-0", "v1.10.1"), row(10, "3.9", "3.5.10-0", "v1.10.1"), row(12, "3.9", "3.5.12-0", "v1.10.1")] },
  28: { knownTo: 15, rows: [row(0, "3.9", "3.5.9-0", "v1.10.1"), row(6, "3.9", "3.5.10-0", "v1.10.1"), row(8, "3.9", "3.5.12-0", "v1.10.1"), row(14, "3.9", "3.5.15-0", "v1.10.1")] },
  29: { knownTo: 10, rows: [row(0, "3.9", "3.5.10-0", "v1.11.1"), row(3, "3.9", "3.5.12-0", "v1.11.1"), row(9, "3.9", "3.5.15-0", "v1.11.1")] },
  30: { knownTo: 6, rows: [row(0, "3.9", "3.5.12-0", "v1.11.1"), row(5, "3.9", "3.5.15-0", "v1.11.3")] },
  31: { knownTo: 2, rows: [row(0, "3.10", "3.5.15-0", "v1.11.1"), row(1, "3.10", "3.5.15-0", "v1.11.3")] },
  32: { knownTo: 0, rows: [row(0, "3.10", "3.5.16-0", "v1.11.3")] },
  33: { knownTo: 0, rows: [row(0, "3.10", "3.5.21-0", "v1.12.0")] },
  34: { knownTo: 0, rows: [row(0, "3.10.1", "3.6.4-0", "v1.12.1")] },
  35: { knownTo: 0, rows: [row(0, "3.10.1", "3.6.6-0", "v1.13.1")] },
};

/**
 * What the runtimes ask for unless they are told otherwise: containerd's default sandbox image (internal/cri/config), and
 * CRI-O's pause_image.
 */
const runtimes = [
  { runtime: "containerd 1.6", pause: "3.6" },
  { runtime: "containerd 1.7", pause: "3.8" },
  { runtime: "containerd 2.0, 2.1", pause: "3.10" },
  { runtime: "containerd 2.2", pause: "3.10.1" },
  { runtime: "older CRI-O", pause: "3.9" },
  { runtime: "newer CRI-O", pause: "3.10" },
] as const;

const registry = "registry.k8s.io";

export interface KubeadmImages {
  /** v1.31.2 */
  readonly version: string;
  readonly images: readonly string[];
  /** The image that containerd is to be told, so that it asks for no other. */
  readonly pause: string;
  /** Said when the version is newer than the table of its minor version. */
  readonly doubt: string | undefined;
}

/** @throws Error, in a sentence that names the versions that are known */
export function kubeadmImages(text: string): KubeadmImages {
  const [, minorText, patchText] = /^v?1\.(\d{1,3})\.(\d{1,3})$/.exec(text) ?? [];
  const minor = minors[Number(minorText)];
  if (minor === undefined || patchText === undefined) throw new Error(unknownVersion(text));
  const patch = Number(patchText);
  const current = minor.rows.findLast(({ from }) => from <= patch);
  if (current === undefined) throw new Error(unknownVersion(text));
  const version = `v1.${minorText}.${patch}`;
  const parts = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];
  const pauses = new Set([current.pause, ...runtimes.map(({ pause }) => pause)]);
  return {
    version,
    images: [
      ...parts.map((part) => `${registry}/${part}:${version}`),
      `${registry}/coredns/coredns:${current.coredns}`,
      `${registry}/etcd:${current.etcd}`,
      ...Array.from(pauses, (pause) => `${registry}/pause:${pause}`),
    ],
    pause: `${registry}/pause:${current.pause}`,
    doubt: patch > minor.knownTo ? doubtOf(version, `1.${minorText}.${minor.knownTo}`) : undefined,
  };
}

function unknownVersion(text: string): string {
  const known = Object.keys(minors).map((minor) => `1.${minor}`);
  return `error: no images are known of Kubernetes ${text}: give a whole version such as v1.31.2, of ${known.join(", ")}; or the list that kubeadm prints: kubeadm config images list --kubernetes-version VERSION > list, then berth mirror pull -f list`;
}

function doubtOf(version: string, knownTo: string): string {
  return `etcd's and CoreDNS's versions are those of ${knownTo}, the last one known here: where ${version} has others, give the list that kubeadm prints: kubeadm config images list --kubernetes-version ${version}`;
}

/** What to write into containerd's configuration. */
export function sandboxImageLines({ pause }: Pick<KubeadmImages, "pause">): string[] {
  const asks = runtimes.map(({ runtime, pause: tag }) => `${runtime} asks for pause:${tag}`);
  return [
    `Unless they are told otherwise, ${asks.join(", ")}: all of these are among the images above.`,
    "To have one image everywhere, in /etc/containerd/config.toml:",
    `  containerd 1.x  [plugins."io.containerd.grpc.v1.cri"]`,
    `                    sandbox_image = "${pause}"`,
    `  containerd 2.x  [plugins."io.containerd.cri.v1.images".pinned_images]`,
    `                    sandbox = "${pause}"`,
  ];
}
