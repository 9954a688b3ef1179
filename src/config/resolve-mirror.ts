// The mirror's settings with the upstreams they speak of: the default one, and names that stand for theirs.
import { join } from "node:path";
import { parseRepositoryName } from "../oci/repository-name.ts";
import {
  repositoryOf,
  type MirrorSettings,
  type UpstreamSettings,
} from "../pull-through/upstream-settings.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { formatKeyPath, type KeyPath } from "./key-path.ts";
import { upstreamSettings, wholeUpstreams, type Complain, type WholeUpstream } from "./resolve-upstreams.ts";
import type { Settings } from "./schema.ts";

export interface ResolvedMirror {
  /** In the words of the file, whole. */
  readonly upstreams: readonly WholeUpstream[];
  readonly mirror: MirrorSettings;
}

export interface MirrorSurroundings {
  readonly absolute: (path: string) => string;
  /** Who gave the value at a path. */
  readonly sourceOf: (path: KeyPath) => string | undefined;
}

/** Addresses of the server itself, which no upstream can be called. */
const ownAddresses = ["v2", "token", "api", "defaults"];

/** @throws ConfigError with everything in which the entries contradict each other */
export function resolveMirror(
  settings: Settings,
  { absolute, sourceOf }: MirrorSurroundings,
): ResolvedMirror {
  const problems: ConfigProblem[] = [];
  const complain: Complain = (path, what) =>
    problems.push({ where: formatKeyPath(path), what, source: sourceOf(path) });
  const upstreams = wholeUpstreams(settings.upstreams, absolute, complain);
  const known = upstreams.map(upstreamSettings);
  expectFreeNames(known, settings.auth.accounts.defaultProject, complain);
  const { default: fallback, virtual, spoolDirectory, maxBytes, idleSeconds, ...rest } = settings.mirror;
  const mirror = {
    ...rest,
    ...{ maxBytes, idleSeconds, upstreams: known },
    default: defaultUpstream(known, fallback, complain),
    virtual: virtualRules(known, virtual, complain),
    maxManifestBytes: settings.http.maxManifestBytes,
    spoolDirectory: absolute(spoolDirectory ?? join(settings.data, "fills")),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return { upstreams, mirror };
}

function expectFreeNames(upstreams: readonly UpstreamSettings[], library: string, complain: Complain): void {
  for (const { name, aliases, prefixes } of upstreams) {
    for (const taken of [name, ...aliases, ...prefixes]) {
      if (taken === library)
        complain(["upstreams"], `${taken} is auth.accounts.defaultProject, and can't be an upstream`);
      if (ownAddresses.includes(taken))
        complain(["upstreams"], `${taken} can't be an upstream, an alias or a prefix`);
    }
  }
}

function findUpstream(upstreams: readonly UpstreamSettings[], host: string): UpstreamSettings | undefined {
  return upstreams.find(({ name, aliases }) => name === host || aliases.includes(host));
}

function defaultUpstream(
  upstreams: readonly UpstreamSettings[],
  wanted: string | undefined,
  complain: Complain,
): string | undefined {
  if (wanted === undefined) return undefined;
  const found = findUpstream(upstreams, wanted);
  if (found === undefined) complain(["mirror", "default"], noUpstream(upstreams, wanted));
  return found?.name;
}

function noUpstream(upstreams: readonly UpstreamSettings[], wanted: string): string {
  const names = upstreams.map(({ name }) => name).join(", ");
  return `names no upstream, ${wanted}; ${names === "" ? "there are none under upstreams" : `there are ${names}`}`;
}

type VirtualRule = MirrorSettings["virtual"][number];

/** Names of upstreams on either side become the canonical ones. */
function virtualRules(
  upstreams: readonly UpstreamSettings[],
  rules: readonly VirtualRule[],
  complain: Complain,
): VirtualRule[] {
  const resolved = rules.map((rule, index) => {
    const fault = (key: "from" | "to", what: string) => {
      complain(["mirror", "virtual", index, key], what);
      return undefined;
    };
    return virtualRule(upstreams, rule, fault);
  });
  const kept = resolved.filter((rule) => rule !== undefined);
  for (const [index, rule] of resolved.entries()) {
    if (rule === undefined) continue;
    if (kept.some(({ from }) => from === rule.to)) {
      complain(["mirror", "virtual", index, "to"], `${rule.to} is another name itself: write what it means`);
    }
    if (resolved.findIndex((other) => other?.from === rule.from) !== index) {
      complain(["mirror", "virtual", index, "from"], `${rule.from} has a rule already`);
    }
  }
  return kept;
}

function virtualRule(
  upstreams: readonly UpstreamSettings[],
  { from, to }: VirtualRule,
  fault: (key: "from" | "to", what: string) => undefined,
): VirtualRule | undefined {
  const [source, target] = [pathOf(from), pathOf(to)];
  if (source === undefined) return fault("from", "must be a repository's name, which may end in /*");
  if (target === undefined) return fault("to", "must be an upstream and a name there, which may end in /*");
  if (source.many !== target.many) return fault("to", "must end in /* if from does, and only then");
  const upstream = findUpstream(upstreams, firstOf(target.path));
  if (upstream === undefined) return fault("to", noUpstream(upstreams, firstOf(target.path)));
  const there = restOf(target.path);
  if (there === "" && !target.many) return fault("to", `must say which repository of ${upstream.name}`);
  const meant = target.many
    ? [upstream.name, there, "*"].filter(Boolean).join("/")
    : repositoryOf(upstream, there);
  const owner = upstreams.find(({ name, aliases, prefixes }) =>
    [name, ...aliases, ...prefixes].includes(firstOf(source.path)),
  );
  if (owner === undefined) return { from, to: meant };
  if (source.many || restOf(source.path) === "") {
    return fault(
      "from",
      `begins with ${firstOf(source.path)}, which is ${owner.name}'s: only single repositories can be renamed there`,
    );
  }
  return { from: repositoryOf(owner, restOf(source.path)), to: meant };
}

function pathOf(text: string): { readonly path: string; readonly many: boolean } | undefined {
  const many = text.endsWith("/*");
  const path = many ? text.slice(0, -2) : text;
  return parseRepositoryName(path) === undefined ? undefined : { path, many };
}

function firstOf(path: string): string {
  return path.split("/", 1).join("");
}

function restOf(path: string): string {
  return path.split("/").slice(1).join("/");
}
