// The part of the metadata store that says how much somebody holds. The figures change in the same transaction as what
// they count, by triggers of the schema, so that no way of writing can forget them.

import type { Digest } from "../digest.ts";

export interface Usage {
  /** Of the blobs that are linked, each once, whoever else has them and whether they were pushed or cached. */
  readonly blobBytes: number;
  readonly manifestBytes: number;
}

/** What somebody wants to add to a repository. */
export interface QuotaRequest {
  readonly repository: string;
  readonly kind: "blob" | "manifest";
  /** Where it is known: what the project has already adds nothing. */
  readonly digest?: Digest | undefined;
  readonly bytes: number;
  /** The project whose quota repositories of a single segment count to, beside its own; they are subject to none without it. */
  readonly defaultProject?: string | undefined;
}

/** Given with what is pushed: then its project may not go past its quota, to the byte. */
export type QuotaRules = Pick<QuotaRequest, "defaultProject">;

/** Why a push goes past the quota of its project. */
export interface QuotaBreach {
  readonly project: string;
  readonly maxBytes: number;
  readonly usedBytes: number;
  readonly neededBytes: number;
}

export interface UsageStore {
  ofRepository(repository: string): Promise<Usage>;

  /**
   * Of all repositories whose name begins with this segment; a blob that several of them link counts once. Empty: of
   * those whose name is a single segment, which belong to the default project besides its own.
   */
  ofProject(project: string): Promise<Usage>;

  /** Whether this would go past the quota, as things are now. The commit asks again, in its own transaction. */
  findBreach(wanted: QuotaRequest): Promise<QuotaBreach | undefined>;

  /**
   * How many bytes of blobs a project is rid of when all is collected that nothing needs now: in many steps that only
   * read. With more than `limit` hints in the whole store it is at least so much.
   */
  leaving(project: string, limit: number): Promise<number>;
}
