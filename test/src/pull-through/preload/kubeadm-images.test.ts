// The lists, as `kubeadm config images list` prints them at some releases, and the pause images beside them.
import { describe, expect, it } from "vitest";
import { kubeadmImages, sandboxImageLines } from "../../../../src/pull-through/preload/kubeadm-images.ts";

const tagsOf = (version: string) =>
  Object.fromEntries(
    ["etcd", "coredns/coredns", "kube-proxy"].map((name) => {
      const image = kubeadmImages(version).images.find((one) => one.startsWith(`registry.k8s.io/${name}:`));
      return [name, image?.split(":")[1]];
    }),
  );

describe("the images of a cluster", () => {
  it("are kubeadm's, with every pause image that a runtime asks for by itself", () => {
    expect(kubeadmImages("1.29.3")).toEqual({
      version: "v1.29.3",
      images: [
        "registry.k8s.io/kube-apiserver:v1.29.3",
        "registry.k8s.io/kube-controller-manager:v1.29.3",
        "registry.k8s.io/kube-scheduler:v1.29.3",
        "registry.k8s.io/kube-proxy:v1.29.3",
        "registry.k8s.io/coredns/coredns:v1.11.1",
        "registry.k8s.io/etcd:3.5.12-0",
        "registry.k8s.io/pause:3.9",
        "registry.k8s.io/pause:3.6",
        "registry.k8s.io/pause:3.8",
        "registry.k8s.io/pause:3.10",
        "registry.k8s.io/pause:3.10.1",
      ],
      pause: "registry.k8s.io/pause:3.9",
      doubt: undefined,
    });
  });

  it.each([
    ["v1.22.0", "3.5.0-0", "v1.8.4"],
    ["v1.22.17", "3.5.6-0", "v1.8.4"],
    ["v1.25.4", "3.5.5-0", "v1.9.3"],
    ["v1.27.11", "3.5.10-0", "v1.10.1"],
    ["v1.28.15", "3.5.15-0", "v1.10.1"],
    ["v1.30.5", "3.5.15-0", "v1.11.3"],
    ["v1.32.0", "3.5.16-0", "v1.11.3"],
    ["v1.34.0", "3.6.4-0", "v1.12.1"],
  ])("of %s have etcd %s and CoreDNS %s, which change with patch versions", (version, etcd, coredns) => {
    expect(tagsOf(version)).toEqual({ etcd, "coredns/coredns": coredns, "kube-proxy": version });
  });

  it("of a version newer than the table say so, and how to be sure", () => {
    const { doubt } = kubeadmImages("v1.31.9");
    expect(doubt).toMatch(/those of 1\.31\.2, .*kubeadm config images list --kubernetes-version v1\.31\.9/);
  });

  it.each(["1.21.0", "1.29", "v2.0.0", "latest", "v1.31.0-rc.1"])(
    "of %s are not known: the known ones are named",
    (text) => {
      expect(() => kubeadmImages(text)).toThrow(/of 1\.22, .*1\.35; or the list that kubeadm prints/);
    },
  );

  it("come with what to tell containerd", () => {
    const lines = sandboxImageLines(kubeadmImages("v1.31.2")).join("\n");
    expect(lines).toContain('sandbox_image = "registry.k8s.io/pause:3.10"');
    expect(lines).toContain("containerd 1.7 asks for pause:3.8");
  });
});
