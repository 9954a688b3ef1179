// An error that goes from one process to another, with what explains it: the system's code and where, and its causes.

export interface ToldError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a system error: `code`, `syscall`, `path`, `address`, `port`. */
  readonly fields: Readonly<Record<string, string | number>>;
  readonly cause: ToldError | undefined;
}

const fieldNames = ["code", "syscall", "path", "address", "port"];

export function tell(error: unknown): ToldError {
  if (!(error instanceof Error)) {
    return { message: String(error), stack: undefined, fields: {}, cause: undefined };
  }
  const fields = Object.entries(error).filter(([name]) => fieldNames.includes(name));
  const { message, stack, cause } = error;
  return {
    ...{ message, stack, cause: cause === undefined ? undefined : tell(cause) },
    fields: Object.fromEntries(fields.filter(([, value]) => isField(value))),
  };
}

export function toError({ message, stack, fields, cause }: ToldError): Error {
  const error = new Error(message, cause && { cause: toError(cause) });
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, fields);
}

function isField(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
