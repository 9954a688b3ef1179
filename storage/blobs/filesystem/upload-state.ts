// What of an upload must outlive the process, as the text that a row keeps.
import {
  isDigestAlgorithm,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
  type Digests,
} from "../../digest.ts";
import { parseUploadId, type UploadId } from "./layout.ts";

export interface UploadState {
  readonly id: UploadId;
  readonly offset: number;
  /** Of the bytes up to `offset`; its keys are the algorithms that are being computed. */
  readonly digests: Digests;
}

export function formatUploadState({ id, offset, digests }: UploadState): string {
  return JSON.stringify({ id, offset, digests });
}

/** Undefined for anything that {@link formatUploadState} did not write. */
export function parseUploadState(text: string): UploadState | undefined {
  const value = parseObject(text);
  const id = parseUploadId(value?.["id"]);
  const offset = value?.["offset"];
  const digests = parseDigests(value?.["digests"]);
  if (!id || !digests || typeof offset !== "number" || !Number.isSafeInteger(offset) || offset < 0)
    return undefined;
  return { id, offset, digests };
}

export function algorithmsOf(digests: Digests): DigestAlgorithm[] {
  return Object.keys(digests).filter(isDigestAlgorithm);
}

function parseDigests(value: unknown): Digests | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const digests: { [A in DigestAlgorithm]?: Digest } = {};
  for (const [algorithm, text] of Object.entries(value)) {
    const digest = parseDigest(String(text));
    if (!digest || !isDigestAlgorithm(algorithm) || !digest.startsWith(`${algorithm}:`)) return undefined;
    digests[algorithm] = digest;
  }
  return digests.sha256 ? digests : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
