// The forms in which credentials are written down by docker, its helpers and people.
import type { Credentials } from "./credential-source.ts";

type Json = Readonly<Record<string, unknown>>;

/** `{"username", "password"}`, a credential helper's `{"Username", "Secret"}`, or undefined for anything else. */
export function readCredentials(value: unknown): Credentials | undefined {
  if (!isObject(value)) return undefined;
  const username = text(value["username"]) ?? text(value["Username"]);
  const password = text(value["password"]) ?? text(value["Secret"]);
  if (username === undefined || password === undefined) return undefined;
  // So docker's helpers say that the secret is no password.
  if (username === "<token>") return { kind: "identity", token: password };
  return { kind: "password", username, password };
}

/** docker's config.json: what it has for this registry under any of the names that people write; undefined without. */
export function readDockerConfig(value: unknown, registry: URL): Credentials | undefined {
  const auths = isObject(value) ? value["auths"] : undefined;
  if (!isObject(auths)) return undefined;
  const wanted = namesOf(registry);
  const found = Object.entries(auths).find(([name]) => wanted.has(hostIn(name)));
  return found && readEntry(found[1]);
}

export function isDockerConfig(value: unknown): boolean {
  return isObject(value) && isObject(value["auths"]);
}

/** The name that docker itself stores the registry's credentials under. */
export function serverAddressOf(registry: URL): string {
  return hubNames.has(registry.host) ? "https://index.docker.io/v1/" : registry.host;
}

const hubNames = new Set(["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]);

function namesOf({ host }: URL): ReadonlySet<string> {
  return hubNames.has(host) ? hubNames : new Set([host]);
}

/** https://index.docker.io/v1/ → index.docker.io */
function hostIn(name: string): string {
  return (name.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "").toLowerCase();
}

function readEntry(entry: unknown): Credentials | undefined {
  if (!isObject(entry)) return undefined;
  const identity = text(entry["identitytoken"]);
  if (identity) return { kind: "identity", token: identity };
  const auth = text(entry["auth"]);
  if (!auth) return readCredentials(entry);
  const decoded = Buffer.from(auth, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 0) return undefined;
  return readCredentials({ username: decoded.slice(0, colon), password: decoded.slice(colon + 1) });
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
