// Where the configuration comes together: sources → checked settings → paths and the auth mode resolved. Everything
// else in Berth sees only the Config that this returns.
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { requireSectionOf, resolveAuthMode } from "./auth-mode.ts";
import type { AuthMode } from "./auth-mode.ts";
import { ConfigError } from "./config-error.ts";
import type { Environment } from "./environment.ts";
import { requireOffloadable } from "./offload.ts";
import { readSettings } from "./read-settings.ts";
import type { FlagText } from "./read-settings.ts";
import { resolveMirror } from "./resolve-mirror.ts";
import type { ResolvedMirror } from "./resolve-mirror.ts";
import type { S3Settings } from "./s3-schema.ts";
import { configSchema } from "./schema.ts";
import type { Settings } from "./schema.ts";

export type BlobStorage =
  | { readonly s3: S3Settings & { readonly spoolDirectory: string } }
  | { readonly filesystem: { readonly directory: string } }
  | { readonly memory: Readonly<Record<string, never>> };

/** All paths are absolute; `auth` says which mode is in force and why. Plain data: it is sent to other processes. */
export type Config = Omit<Settings, "auth" | "http" | "storage" | keyof ResolvedMirror> &
  ResolvedMirror & {
    readonly http: Omit<Settings["http"], "workers"> & { readonly workers: number };
    readonly auth: Settings["auth"] & AuthMode;
    readonly storage: {
      readonly blobs: BlobStorage;
      readonly metadata: { readonly sqlite: { readonly path: string } };
      readonly minFreeBytes: number;
    };
  };

/** Options of the command line that set a key, as text. */
export type ConfigFlags = {
  readonly listen?: string | undefined;
  readonly data?: string | undefined;
  readonly authMode?: string | undefined;
  readonly workers?: string | undefined;
};

export type ConfigSources = {
  /** The YAML file; without it BERTH_CONFIG may name one, otherwise there is none. */
  readonly file?: string | undefined;
  readonly env?: Environment | undefined;
  readonly flags?: ConfigFlags | undefined;
  /** What relative paths are relative to; the process's working directory unless given. */
  readonly workingDirectory?: string | undefined;
};

const flagKeys = [
  { option: "listen", flag: "--listen", path: ["http", "listen"] },
  { option: "data", flag: "--data", path: ["data"] },
  { option: "authMode", flag: "--auth-mode", path: ["auth", "mode"] },
  { option: "workers", flag: "--workers", path: ["http", "workers"] },
] as const;

function flagTexts(flags: ConfigFlags): FlagText[] {
  return flagKeys.flatMap(({ option, flag, path }) => {
    const text = flags[option];
    return text === undefined ? [] : [{ flag, path, text }];
  });
}

function resolveStorage(settings: Settings, absolute: (path: string) => string): Config["storage"] {
  const { blobs, metadata, minFreeBytes } = settings.storage;
  const data = absolute(settings.data);
  const within = (path: string | undefined, name: string): string =>
    path === undefined ? join(data, name) : absolute(path);
  return {
    blobs: resolveBlobs(blobs, within, absolute),
    metadata: { sqlite: { path: within(metadata.sqlite.path, "berth.sqlite") } },
    minFreeBytes,
  };
}

function resolveBlobs(
  blobs: Settings["storage"]["blobs"],
  within: (path: string | undefined, name: string) => string,
  absolute: (path: string) => string,
): BlobStorage {
  if ("memory" in blobs) return { memory: {} };
  if ("filesystem" in blobs)
    return { filesystem: { directory: within(blobs.filesystem.directory, "blobs") } };
  const { s3 } = blobs;
  const { ca, credentialsFile } = s3;
  return {
    s3: {
      ...s3,
      ...(ca !== undefined && { ca: absolute(ca) }),
      ...(credentialsFile !== undefined && { credentialsFile: absolute(credentialsFile) }),
      spoolDirectory: within(s3.spoolDirectory, "spool"),
    },
  };
}

function resolveAuth(
  { auth, http }: Settings,
  givenBy: string | undefined,
  absolute: (path: string) => string,
): Config["auth"] {
  const mode = resolveAuthMode(auth.mode, givenBy, http.listen);
  requireSectionOf(mode.mode, auth.token);
  const { accounts, token } = auth;
  const { htpasswd } = accounts;
  return {
    ...mode,
    accounts: { ...accounts, ...(htpasswd !== undefined && { htpasswd: absolute(htpasswd) }) },
    ...(token && { token: resolveTokenServer(token, absolute) }),
  };
}

function resolveTokenServer(
  token: NonNullable<Settings["auth"]["token"]>,
  absolute: (path: string) => string,
): NonNullable<Settings["auth"]["token"]> {
  const { rootCertBundle, jwks } = token;
  return {
    ...token,
    ...(rootCertBundle !== undefined && { rootCertBundle: absolute(rootCertBundle) }),
    ...(jwks !== undefined && { jwks: /^https?:\/\//i.test(jwks) ? jwks : absolute(jwks) }),
  };
}

function resolveHttp(settings: Settings, absolute: (path: string) => string): Config["http"] {
  const { tls, ...http } = settings.http;
  return {
    ...http,
    workers: workersOf(settings),
    ...(tls && { tls: { cert: absolute(tls.cert), key: absolute(tls.key) } }),
  };
}

function workersOf({ http: { workers }, storage: { blobs } }: Settings): number {
  const isMemory = "memory" in blobs;
  if (workers === "auto") return isMemory ? 1 : availableParallelism();
  if (workers > 1 && isMemory) {
    const what = "blobs in memory (storage.blobs.memory) are there for one process alone; leave it at 1";
    throw new ConfigError([{ where: "http.workers", what }]);
  }
  return workers;
}

/** Throws a ConfigError whose message lists every problem and says what to do. */
export function loadConfig(sources: ConfigSources = {}): Config {
  const { settings, sourceOf } = readSettings(configSchema, {
    file: sources.file,
    environment: sources.env ?? {},
    flags: flagTexts(sources.flags ?? {}),
  });
  const directory = sources.workingDirectory ?? process.cwd();
  const absolute = (path: string): string => resolve(directory, path);
  requireOffloadable(settings, sourceOf(["http", "offload"]));
  return {
    ...settings,
    http: resolveHttp(settings, absolute),
    data: absolute(settings.data),
    storage: resolveStorage(settings, absolute),
    auth: resolveAuth(settings, sourceOf(["auth", "mode"]), absolute),
    ...resolveMirror(settings, { absolute, sourceOf }),
  };
}
