// The arrows of the house: who may import whom, and which package has its one home where.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Rooms from the most particular to the most general: a file belongs to the first that it lies in. */
const arrows: Record<string, readonly string[]> = {
  storage: [],
  auth: ["storage"],
  "src/oci": ["storage/digest.ts"],
  "src/config": [
    "src/oci",
    "src/pull-through/upstream-settings.ts",
    "src/remote/remote-options.ts",
    "storage",
    "auth",
  ],
  "src/observability": ["src/config"],
  "src/policies": ["src/oci", "storage"],
  "src/registry": ["src/oci", "src/policies/immutable-tags.ts", "storage"],
  "src/remote": ["src/oci", "storage/digest.ts"],
  "src/pull-through": [
    "src/oci",
    "src/registry/registry.ts",
    "src/registry/namespace-resolver.ts",
    "src/registry/pull-notes.ts",
    "src/remote",
    "src/jobs/in-parallel.ts",
    "storage",
  ],
  "src/jobs": ["src/oci", "src/observability", "src/policies", "src/registry/registry.ts", "storage"],
  "src/http": [
    "src/oci",
    "src/registry/registry.ts",
    "src/registry/namespace-resolver.ts",
    "auth",
    "src/observability",
    "storage/digest.ts",
    "storage/storage-error.ts",
  ],
  "src/cli": [
    "src/config",
    "src/observability",
    "src/assembly/access-services.ts",
    "src/assembly/storage-tools.ts",
    "src/assembly/gc-tools.ts",
    "src/assembly/tag-tools.ts",
    "src/assembly/fsck-tools.ts",
    "src/assembly/mirror-tools.ts",
    "src/assembly/retention-tools.ts",
    "src/assembly/upstream-probes.ts",
    "auth",
    "storage/metadata/access-records.ts",
  ],
  "src/assembly/access-services.ts": [
    "src/config",
    "src/pull-through/upstream-settings.ts",
    "auth",
    "storage",
  ],
  "src/assembly/storage-tools.ts": [
    "src/config",
    "src/jobs",
    "src/assembly/on-existing-data.ts",
    "src/assembly/open-existing.ts",
    "storage",
  ],
  "src/assembly": ["src", "auth", "storage"],
  "src/workers": ["src/config", "src/observability", "auth/accounts/first-admin.ts"],
  "src/main.ts": ["src/cli", "src/assembly", "src/observability", "src/workers"],
  "src/worker.ts": ["src/assembly", "src/observability", "src/workers"],
  conformance: [],
};

const homes: Record<string, string> = {
  koa: "src/http",
  "@koa/router": "src/http",
  "better-sqlite3": "storage/metadata/sqlite",
  "@aws-sdk/client-s3": "storage/blobs/s3",
  "@aws-sdk/s3-request-presigner": "storage/blobs/s3",
  "@smithy/node-http-handler": "storage/blobs/s3",
  pino: "src/observability",
  "prom-client": "src/observability",
  zod: "src/config",
  yaml: "src/config",
  commander: "src/cli",
  read: "src/cli",
  "lru-cache": "auth",
  "@node-rs/argon2": "auth/accounts",
  bcryptjs: "auth/authenticators",
  jsonwebtoken: "auth/tokens",
  undici: "src/remote",
};

/** Exceptions, each with its reason. */
const alsoAt: Record<string, readonly string[]> = {
  // `config print` writes YAML; main.ts starts commander.
  yaml: ["src/cli"],
  commander: ["src/main.ts"],
  "lru-cache": ["src/remote", "src/pull-through", "src/registry", "storage/metadata"],
  // What the admin API takes and answers is checked and published from one schema.
  zod: ["src/http/admin"],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = ["storage", "auth", "src", "conformance"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name)),
);

const imports: readonly Import[] = files.flatMap((from) => {
  const text = readFileSync(join(root, from), "utf8");
  const specifiers = text.matchAll(
    /^(?:import|export)\b[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm,
  );
  return Array.from(specifiers, ([, a, b, c]) => ({ from, to: a ?? b ?? c ?? "" }));
});

const isInside = (path: string, room: string) => path === room || path.startsWith(`${room}/`);
const roomOf = (path: string) => Object.keys(arrows).find((room) => isInside(path, room));

describe("the arrows of the house", () => {
  it("puts every source file into a room", () => {
    expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  it("finds the import lines it judges", () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it("only runs in the allowed directions", () => {
    const broken = imports
      .filter(({ to }) => to.startsWith("."))
      .map(({ from, to }) => ({ from, to: relative(root, resolve(root, dirname(from), to)) }))
      .filter(({ from, to }) => {
        const room = roomOf(from) ?? "";
        const allowed = [room, ...(arrows[room] ?? [])];
        return !allowed.some((place) => isInside(to, place));
      });
    expect(broken.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it("keeps each package at its one home", () => {
    const broken = imports.filter(({ from, to }) => {
      const home = homes[to];
      return home !== undefined && ![home, ...(alsoAt[to] ?? [])].some((place) => isInside(from, place));
    });
    expect(broken.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it("has no file over 300 lines", () => {
    const long = files.filter((file) => readFileSync(join(root, file), "utf8").split("\n").length > 301);
    expect(long).toEqual([]);
  });
});
