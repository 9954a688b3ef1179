// What somebody asks to be preloaded, in words, made into an order: the same for the command line and the admin API.
import { kubeadmImages, sandboxImageLines } from "./kubeadm-images.ts";
import { parsePlatform, platformOf, type Platform } from "./platform.ts";
import type { PreloadOrder } from "./preload.ts";

export interface PreloadWish {
  readonly images: readonly string[];
  /** A version of Kubernetes. */
  readonly kubeadm: string | undefined;
  /** `all` may be one; none means that of this machine. */
  readonly platforms: readonly string[];
  readonly withSignatures: boolean;
}

export interface Ordered {
  readonly order: PreloadOrder;
  /** What to know of, and do with, the images of a cluster. */
  readonly notes: readonly string[];
}

/** @throws Error, in a sentence */
export function preloadOrder(
  { images, kubeadm, platforms, withSignatures }: PreloadWish,
  nodeArchitecture: string,
): Ordered {
  const cluster = kubeadm === undefined ? undefined : kubeadmImages(kubeadm);
  const all = [...(cluster?.images ?? []), ...images];
  if (all.length === 0) throw new Error("error: no image is named");
  return {
    order: { images: all, platforms: platformsIn(platforms, nodeArchitecture), withSignatures },
    notes: cluster
      ? [...(cluster.doubt === undefined ? [] : [cluster.doubt]), ...sandboxImageLines(cluster)]
      : [],
  };
}

function platformsIn(texts: readonly string[], nodeArchitecture: string): "all" | readonly Platform[] {
  if (texts.includes("all")) return "all";
  if (texts.length === 0) return [platformOf(nodeArchitecture)];
  return texts.map((text) => {
    const platform = parsePlatform(text);
    if (platform === undefined) {
      throw new Error(`error: ${text} is no platform: write linux/arm64, linux/arm/v7, or all`);
    }
    return platform;
  });
}
