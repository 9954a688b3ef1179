// Why Berth could not start, or a command could not be done → one sentence that says what to do about it.
import { AccessError } from "../../auth/access-error.ts";
import type { Config } from "../config/load-config.ts";
import { formatListenAddress } from "../config/listen-address.ts";

type SystemError = Error & {
  readonly code: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly address?: string;
  readonly port?: number;
};

/** The machine refused something while the server was being put together. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";

  constructor(config: Config, cause: unknown) {
    super(explain(config, cause) ?? `Berth cannot start: ${messageOf(cause)}`, { cause });
  }
}

/** A command on accounts and projects was refused, or the machine failed it. */
export class AccessFailure extends Error {
  override readonly name = "AccessFailure";

  constructor(config: Config, cause: unknown) {
    super(explainAccess(config, cause), { cause });
  }
}

/** A command on the storage was refused, or the machine failed it. */
export class StorageFailure extends Error {
  override readonly name = "StorageFailure";

  /** @param options whether the command needed the database for itself */
  constructor(config: Config, cause: unknown, options: { readonly exclusive: boolean }) {
    super(explainStorage(config, cause, options), { cause });
  }
}

function explainStorage(
  config: Config,
  cause: unknown,
  { exclusive }: { readonly exclusive: boolean },
): string {
  const { path } = config.storage.metadata.sqlite;
  const code = systemErrorIn(cause)?.code;
  if (exclusive && code === "busy") {
    return `error: a server, or another command, has ${path} open, so nothing was switched: stop it, and run this again`;
  }
  return explainAbsence(path, cause) ?? explain(config, cause) ?? messageOf(cause);
}

/** undefined when it is something else that is amiss. */
function explainAbsence(path: string, cause: unknown): string | undefined {
  const error = systemErrorIn(cause);
  if (error?.code !== "ENOENT" || error.path !== path) return undefined;
  return noDatabase(path);
}

function noDatabase(path: string): string {
  return `There is no database at ${path}: name the server's data directory with --data or its configuration with --config; \`berth serve\` makes it at its first start.`;
}

function explainAccess(config: Config, cause: unknown): string {
  const { path } = config.storage.metadata.sqlite;
  if (cause instanceof AccessError) return `error: ${cause.message}`;
  if (systemErrorIn(cause)?.code === "ENOENT") return noDatabase(path);
  return explain(config, cause) ?? `Cannot use ${path}: ${messageOf(cause)}`;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

/** The first error in the chain of causes that the operating system or the database named. */
function systemErrorIn(error: unknown): SystemError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (isSystemError(at)) return at;
  return undefined;
}

/** Which key gave the address that could not be listened on. */
function listener(config: Config, error: SystemError): { key: string; address: string } {
  const { http, metrics } = config;
  const isHttp = error.port === undefined || error.port === http.listen.port;
  return !isHttp && metrics.listen?.port === error.port
    ? { key: "metrics.listen", address: formatListenAddress(metrics.listen) }
    : { key: "http.listen", address: formatListenAddress(http.listen) };
}

function explainListening(config: Config, error: SystemError): string {
  const { key, address } = listener(config, error);
  const choose = key === "http.listen" ? "with --listen or http.listen" : `with ${key}`;
  const reasons: Record<string, string> = {
    EADDRINUSE: `another program listens there already; stop it, or choose another address ${choose}`,
    EACCES: `this user may not use that port; choose one above 1023 ${choose}`,
    EADDRNOTAVAIL: `this machine has no such address; choose another ${choose}, or :PORT for all`,
    ENOTFOUND: `the host name is not known; choose another address ${choose}`,
  };
  return `Cannot listen on ${address}: ${reasons[error.code] ?? `${error.message}; choose another address ${choose}`}.`;
}

function explainFiles(config: Config, error: SystemError): string | undefined {
  const place = error.path ?? config.data;
  const choose = "choose another data directory with --data";
  const user =
    process.getuid === undefined ? "this user" : `the user Berth runs as (uid ${process.getuid()})`;
  const reasons: Record<string, string> = {
    EACCES: `${user} may not write there; grant that, or ${choose}`,
    EPERM: `${user} may not write there; grant that, or ${choose}`,
    EROFS: `the file system is read-only; mount it for writing, or ${choose}`,
    ENOENT: `it is not there and cannot be made; ${choose}`,
    ENOTDIR: `a part of the path is a file; ${choose}`,
    EEXIST: `a file is in the way; ${choose}`,
    ENOSPC: `the disk is full; make room, or ${choose}`,
    SQLITE_CANTOPEN: `the database cannot be opened; see that ${user} may write there, or ${choose}`,
    SQLITE_READONLY: `the database cannot be written; see that ${user} may write there, or ${choose}`,
    SQLITE_NOTADB: `the file is not a database; move it away, or ${choose}`,
    SQLITE_BUSY: `another process holds the database; stop it, or ${choose}`,
    busy: "another process held the database for too long; try again, and see what else works on it",
    full: "the disk is full; make room, and try again",
  };
  const reason = reasons[error.code] ?? reasons[error.code.replace(/^(SQLITE_[A-Z]+)_.*$/, "$1")];
  const file = /^(SQLITE_|busy$|full$)/.test(error.code) ? config.storage.metadata.sqlite.path : place;
  return reason === undefined ? undefined : `Cannot use ${file}: ${reason}.`;
}

/** undefined for what is not known here. */
function explain(config: Config, error: unknown): string | undefined {
  const known = systemErrorIn(error);
  // `bind` is what a worker says, for whom the primary listens
  const isListening = /^(listen|bind|getaddrinfo)$/.test(known?.syscall ?? "");
  return known && (isListening ? explainListening(config, known) : explainFiles(config, known));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
