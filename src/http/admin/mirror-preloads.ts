// /mirror/preloads: images fetched before anybody pulls them, in the background.
import { z } from "zod";
import { OciError } from "../../oci/oci-error.ts";
import { optionalTimeOf, time, timeOf } from "./fields.ts";
import type { PreloadProgress } from "./mirror-admin.ts";
import { operation } from "./operation.ts";
import { pageSchema, wholeList } from "./pages.ts";

const newPreload = z
  .strictObject({
    images: z
      .array(z.string().min(1).max(512))
      .max(1000)
      .default([])
      .describe("As docker pull takes them: registry.k8s.io/pause:3.10."),
    kubeadm: z.string().max(32).optional().describe("A version of Kubernetes: the images of such a cluster."),
    platforms: z
      .array(z.string().max(64))
      .max(32)
      .default([])
      .describe("Such as linux/arm64, or all; the registry's own unless given."),
    withSignatures: z.boolean().default(false).describe("Signatures, attestations and other referrers too."),
  })
  .refine(({ images, kubeadm }) => images.length > 0 || kubeadm !== undefined, "Name images, or kubeadm")
  .meta({ id: "NewPreload" });

const bytes = z.int().min(0);

const preloadedImageSchema = z
  .strictObject({
    image: z.string(),
    phase: z.enum(["waiting", "resolving", "fetching", "done", "failed"]),
    repository: z.string().nullable().describe("Where it is kept."),
    digest: z.string().nullable(),
    platforms: z.array(z.string()),
    totalBytes: bytes,
    bytes: bytes.describe("Of these, here now."),
    heldBytes: bytes.describe("Of these, here before."),
    remark: z.string().nullable().describe("Why it failed, or what else is to be known."),
  })
  .meta({ id: "PreloadedImage" });

const preloadSchema = z
  .strictObject({
    id: z.string(),
    state: z.enum(["waiting", "running", "done", "failed", "stopped"]),
    startedAt: time,
    endedAt: time.nullable(),
    images: z.array(preloadedImageSchema),
  })
  .meta({ id: "Preload" });

export const listPreloads = operation({
  id: "listPreloads",
  summary: "Lists the last preloads, the newest first; a restart forgets them.",
  answer: pageSchema("PreloadPage", preloadSchema),
  handle: async ({ mirror }) => wholeList(mirror.preloads.list().map(preloadAnswer)),
});

export const startPreload = operation({
  id: "startPreload",
  summary: "Fetches images in the background, one preload after the other.",
  body: newPreload,
  answer: preloadSchema,
  location: ({ id }) => `/mirror/preloads/${id}`,
  change: {
    action: "mirror.preload",
    target: ({ body: { images, kubeadm } }) =>
      [...(kubeadm === undefined ? [] : [`kubeadm ${kubeadm}`]), ...images].join(" "),
    detail: ({ body: { platforms } }) => platforms.join(" "),
  },
  handle: async ({ mirror }, { body: { kubeadm, ...order } }) =>
    preloadAnswer(mirror.preloads.start({ ...order, kubeadm })),
});

export const getPreload = operation({
  id: "getPreload",
  summary: "Says how far a preload is.",
  answer: preloadSchema,
  handle: async ({ mirror }, { path }) => {
    const found = mirror.preloads.find(path("id"));
    if (found === undefined) throw new OciError("cachedUnknown");
    return preloadAnswer(found);
  },
});

function preloadAnswer({ id, state, startedAt, endedAt, images }: PreloadProgress) {
  return {
    ...{ id, state, startedAt: timeOf(startedAt), endedAt: optionalTimeOf(endedAt) },
    images: images.map(
      ({ image, phase, repository = null, digest = null, platforms, remark = null, ...bytes }) => ({
        ...{ image, phase, repository, digest, platforms: [...platforms] },
        ...{ totalBytes: bytes.totalBytes, bytes: bytes.bytes, heldBytes: bytes.heldBytes, remark },
      }),
    ),
  };
}
