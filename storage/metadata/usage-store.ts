// The part of the metadata store that says how much somebody holds. The figures change in the same transaction as what
// they count, by triggers of the schema, so that no way of writing can forget them.

export interface Usage {
  /** Of the blobs that are linked, each once, whoever else has them and whether they were pushed or cached. */
  readonly blobBytes: number;
  readonly manifestBytes: number;
}

export interface UsageStore {
  ofRepository(repository: string): Promise<Usage>;

  /**
   * Of all repositories whose name begins with this segment; a blob that several of them link counts once. Empty: of
   * those whose name is a single segment, which belong to the default project besides its own.
   */
  ofProject(project: string): Promise<Usage>;
}
