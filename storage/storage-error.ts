// The few failures that a store can name. Absence is not among them: an absent thing is `undefined`.

/**
 * - `offset`: bytes were offered for another position than the session's offset; nothing changed.
 * - `digest`: the content does not have the digest that was promised; nothing was kept.
 * - `busy`: the store could not take its turn in time; the same call may succeed later.
 * - `full`: no room is left.
 * - `gone`: the upload session is over, committed or aborted, or its bytes were removed.
 * - `length`: the source ended short of, or went beyond, the length that it promised; nothing of it was kept.
 * - `interrupted`: the source of the bytes ended before it was complete; what arrived is kept.
 * - `unsuitable`: the place given cannot keep the promises of a store (see the message).
 */
export type StorageErrorCode =
  "offset" | "digest" | "busy" | "full" | "gone" | "length" | "interrupted" | "unsuitable";

export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
    this.code = code;
  }
}

export function isStorageError(error: unknown, code?: StorageErrorCode): error is StorageError {
  return error instanceof StorageError && (code === undefined || error.code === code);
}
