// From one image to everything that has to be fetched of it: the manifests of the wanted platforms, and, when they are
// wanted, signatures and what else refers to them. Fetching a manifest keeps it; what is left is a list of blobs.
import { algorithmOf, hexOf, type Digest } from "../../../storage/digest.ts";
import { parseReference } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/repository-name.ts";
import type { Registry, StoredManifest } from "../../registry/registry.ts";
import { contentOf, type ChildManifest, type Part } from "./manifest-content.ts";
import { fits, platformText, type Platform } from "./platform.ts";

export interface Wanted {
  readonly platforms: "all" | readonly Platform[];
  readonly withSignatures: boolean;
}

export interface ImageContent {
  /** Each once. */
  readonly blobs: readonly Part[];
  /** Those of the image's platforms that were wanted; empty for an image that is of one platform and does not say which. */
  readonly platforms: readonly string[];
}

type Source = Pick<Registry, "manifests" | "referrers">;

/** cosign's tags beside an image: signature, attestations, bill of materials. */
const companions = ["sig", "att", "sbom"];

/** @throws Error, in a sentence, for a platform that the image does not have, or a manifest that can't be had */
export async function imageContent(
  source: Source,
  repository: RepositoryName,
  root: StoredManifest,
  { platforms, withSignatures }: Wanted,
): Promise<ImageContent> {
  const { blobs, manifests: children } = contentOf(root.bytes);
  const parts = new Map(blobs.map((part) => [part.digest, part]));
  const chosen = choose(children, platforms);
  const attesting = withSignatures ? children.filter(({ attests }) => isOneOf(chosen, attests)) : [];
  for (const { digest } of [...chosen, ...attesting]) {
    addBlobs(parts, await getManifest(source, repository, digest));
  }
  if (withSignatures) {
    for (const { digest } of [root, ...chosen]) await addCompanions(parts, source, repository, digest);
  }
  return { blobs: [...parts.values()], platforms: chosen.flatMap(({ platform }) => platformsOf(platform)) };
}

function choose(
  children: readonly ChildManifest[],
  platforms: Wanted["platforms"],
): readonly ChildManifest[] {
  if (platforms === "all" || children.length === 0) return children;
  const offered = children.filter(({ platform }) => platform !== undefined);
  // a list without platforms is no choice
  if (offered.length === 0) return children;
  const missing = platforms.filter((wanted) => !offered.some((child) => fitsChild(wanted, child)));
  if (missing.length > 0) {
    const has = [...new Set(offered.flatMap(({ platform }) => platformsOf(platform)))];
    throw new Error(
      `it is not there for ${missing.map(platformText).join(", ")}; it is for ${has.join(", ")}`,
    );
  }
  return offered.filter((child) => platforms.some((wanted) => fitsChild(wanted, child)));
}

function fitsChild(wanted: Platform, { platform }: ChildManifest): boolean {
  return platform !== undefined && fits(wanted, platform);
}

/** Attestations are listed as of the platform unknown/unknown. */
function platformsOf(platform: Platform | undefined): string[] {
  return platform === undefined || platform.os === "unknown" ? [] : [platformText(platform)];
}

function isOneOf(chosen: readonly ChildManifest[], digest: Digest | undefined): boolean {
  return digest !== undefined && chosen.some((child) => child.digest === digest);
}

async function getManifest(
  source: Source,
  repository: RepositoryName,
  digest: Digest,
): Promise<StoredManifest> {
  const manifest = await source.manifests.find(repository, { kind: "digest", digest });
  if (manifest === undefined) throw new Error(`the upstream lists ${digest} and does not have it`);
  return manifest;
}

async function addCompanions(
  parts: Map<Digest, Part>,
  source: Source,
  repository: RepositoryName,
  subject: Digest,
): Promise<void> {
  for (const companion of companions) {
    const reference = parseReference(`${algorithmOf(subject)}-${hexOf(subject)}.${companion}`);
    // a sha512 is too long for a tag
    const manifest = reference && (await source.manifests.find(repository, reference));
    if (manifest !== undefined) addBlobs(parts, manifest);
  }
  for (let after: Digest | undefined; ;) {
    const page = await source.referrers.list(repository, subject, { after });
    for (const { digest } of page.manifests) addBlobs(parts, await getManifest(source, repository, digest));
    if (page.next === undefined) return;
    after = page.next;
  }
}

function addBlobs(parts: Map<Digest, Part>, { bytes }: StoredManifest): void {
  for (const part of contentOf(bytes).blobs) parts.set(part.digest, part);
}
