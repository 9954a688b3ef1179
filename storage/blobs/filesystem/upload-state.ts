// What of an upload must outlive the process, as the text that a row keeps.
import { isDigestAlgorithm, parseDigests, type DigestAlgorithm, type Digests } from "../../digest.ts";
import { parseUploadId, type UploadId } from "../upload-id.ts";

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
  if (!id || !digests?.sha256 || typeof offset !== "number" || !Number.isSafeInteger(offset) || offset < 0)
    return undefined;
  return { id, offset, digests };
}

export function algorithmsOf(digests: Digests): DigestAlgorithm[] {
  return Object.keys(digests).filter(isDigestAlgorithm);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
