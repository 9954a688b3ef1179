// A refusal to change accounts or projects, in words for the person who tried.

/**
 * unknown: there is no such account, project, group, secret. taken: the name is. invalid: the input is not acceptable.
 * needed: something depends on it. busy: too many passwords are being checked; try again.
 */
export type AccessErrorCode = "unknown" | "taken" | "invalid" | "needed" | "busy";

export class AccessError extends Error {
  readonly code: AccessErrorCode;

  constructor(code: AccessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AccessError";
    this.code = code;
  }
}
