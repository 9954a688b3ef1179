// Any schema + file, environment and flags → checked settings, and where each came from. Knows nothing of Berth's own
// keys, so that it can be tested with small schemas.
import type { z } from "zod";
import { ConfigError } from "./config-error.ts";
import type { ConfigProblem } from "./config-error.ts";
import { readEnvironment } from "./environment.ts";
import type { Environment, Setting } from "./environment.ts";
import { explainIssue } from "./explain-issue.ts";
import { formatKeyPath, isWithin } from "./key-path.ts";
import type { KeyPath } from "./key-path.ts";
import { overlay, withEmptySections } from "./layers.ts";
import { parseText } from "./parse-text.ts";
import { nodeOf } from "./schema-node.ts";
import type { SchemaNode } from "./schema-node.ts";
import { readYamlFile } from "./yaml-file.ts";

/** The text of one command line option, and the key that it sets. */
export type FlagText = { readonly flag: string; readonly path: KeyPath; readonly text: string };

export type Sources = {
  /** Path of the YAML file as the command line gives it; otherwise BERTH_CONFIG may name one. */
  readonly file?: string | undefined;
  readonly environment: Environment;
  readonly flags: readonly FlagText[];
};

export type ReadSettings<T> = {
  readonly settings: T;
  /** Who gave the value at the path; undefined when it is the default. */
  readonly sourceOf: (path: KeyPath) => string | undefined;
};

function readFlags(
  root: SchemaNode,
  flags: readonly FlagText[],
): { settings: Setting[]; problems: ConfigProblem[] } {
  const settings: Setting[] = [];
  const problems: ConfigProblem[] = [];
  for (const { flag, path, text } of flags) {
    const parsed = parseText(root, path, text);
    if ("problem" in parsed) problems.push({ ...parsed.problem, source: flag });
    else settings.push({ path, value: parsed.value, source: flag });
  }
  return { settings, problems };
}

/** Defaults, then the file, then the environment, then the flags. Throws a ConfigError that lists every problem. */
export function readSettings<S extends z.ZodType>(schema: S, sources: Sources): ReadSettings<z.output<S>> {
  const root = nodeOf(schema);
  const named = sources.file ?? (sources.environment["BERTH_CONFIG"] || undefined);
  const givenBy = sources.file === undefined ? "BERTH_CONFIG" : "--config";
  const file = named === undefined ? undefined : readYamlFile(named, givenBy);

  const environment = readEnvironment(root, sources.environment);
  const flags = readFlags(root, sources.flags);
  const settings = [...environment.settings, ...flags.settings];
  const { tree, problems: holes } = overlay(withEmptySections(file?.value ?? {}, root), settings);

  const sourceOf = (path: KeyPath): string | undefined => {
    const giver = settings.findLast((setting) => isWithin(path, setting.path));
    const below = settings.filter(
      (setting) => setting.path.length > path.length && isWithin(setting.path, path),
    );
    const places = [giver?.source ?? file?.locate(path), ...below.map(({ source }) => source)];
    return places.filter((place) => place !== undefined).join(", ") || undefined;
  };

  const result = schema.safeParse(tree);
  const complaints = (result.error?.issues ?? []).flatMap((issue) => explainIssue(root, tree, issue));
  const problems = [
    ...environment.problems,
    ...flags.problems,
    ...holes,
    ...complaints.map(({ path, what }) => ({ where: formatKeyPath(path), what, source: sourceOf(path) })),
  ];
  if (problems.length > 0 || !result.success) throw new ConfigError(problems);
  return { settings: result.data, sourceOf };
}
