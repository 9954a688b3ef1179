// What is thrown when the configuration cannot be used: everything that is wrong, for people to read.

/** One fault. `where` names the key or variable; `source` says who gave it (`berth.yaml:3:5`, a variable, a flag). */
export type ConfigProblem = {
  readonly where: string;
  readonly what: string;
  readonly source?: string | undefined;
};

function line({ where, what, source }: ConfigProblem): string {
  return `  ${where === "" ? "" : `${where}: `}${what}${source === undefined ? "" : ` (${source})`}`;
}

/** The message is complete and needs no stack: what is wrong, where, and what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], message?: string) {
    const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
    super(
      message ??
        [
          `The configuration has ${count}:`,
          ...problems.map(line),
          "Every key is explained in docs/configuration.md and by `berth config schema`.",
        ].join("\n"),
    );
    this.problems = problems;
  }
}
