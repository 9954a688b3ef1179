// Runs the chosen checks against one registry, one after the other, and gives an outcome for each.
import { randomBytes } from "node:crypto";
import { RequirementFailed, SetupFailed, Unsupported, type Check, type End, type Level } from "./check.ts";
import { checkGroups } from "./checks/all-checks.ts";
import { HttpClient } from "./http-client.ts";
import { Repository } from "./repository.ts";

export interface ConformanceOptions {
  /** Ids of checks, groups (names of the files in checks/) or endpoints (`end-4` means end-4a, b and c); default: all. */
  readonly only?: readonly string[];
  /** The first component of all repositories that the run makes. */
  readonly repositoryPrefix?: string;
  /** Sent with every request to the registry's own host, for instance Authorization. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** `skipped`: what the check builds upon did not work, so that nothing can be said. */
export type Outcome = "pass" | "fail" | "unsupported" | "skipped";

export interface CheckResult {
  readonly id: string;
  readonly group: string;
  readonly ends: readonly End[];
  readonly level: Level;
  readonly name: string;
  readonly outcome: Outcome;
  /** Why it is not a pass; empty for a pass. */
  readonly detail: string;
}

/** The address leads to no registry, or an option names nothing that exists. Nothing has been tested. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}

type GroupedCheck = Check & { readonly group: string };

/** @throws {CannotRun} when no answer comes from `baseUrl`, or `only` names nothing. */
export async function runConformance(
  baseUrl: string,
  options: ConformanceOptions = {},
): Promise<readonly CheckResult[]> {
  const checks = chooseChecks(options.only ?? []);
  const client = new HttpClient(parseBaseUrl(baseUrl), options.headers);
  try {
    await client.send("GET", "/v2/").catch((error: unknown) => {
      throw new CannotRun(`${baseUrl} cannot be reached: ${messageOf(error)}`, { cause: error });
    });
    const prefix = `${options.repositoryPrefix ?? "conformance"}/${randomBytes(4).toString("hex")}`;
    const results: CheckResult[] = [];
    for (const check of checks)
      results.push(await runCheck(check, new Repository(client, `${prefix}/${check.id}`)));
    return results;
  } finally {
    client.close();
  }
}

/** Every check with its group, or those that one of `only` names. */
export function chooseChecks(only: readonly string[]): readonly GroupedCheck[] {
  const all = Object.entries(checkGroups).flatMap(([group, checks]) =>
    checks.map((check) => ({ ...check, group })),
  );
  if (only.length === 0) return all;
  const unmatched = only.find((selector) => !all.some((check) => isNamed(check, selector)));
  if (unmatched !== undefined)
    throw new CannotRun(`no check, group or endpoint is called ${JSON.stringify(unmatched)}`);
  return all.filter((check) => only.some((selector) => isNamed(check, selector)));
}

function isNamed({ id, group, ends }: GroupedCheck, selector: string): boolean {
  return (
    id === selector ||
    group === selector ||
    ends.some((end) => end === selector || end.replace(/[abc]$/, "") === selector)
  );
}

async function runCheck(check: GroupedCheck, repository: Repository): Promise<CheckResult> {
  const { id, group, ends, level, name } = check;
  const result = { id, group, ends, level, name };
  try {
    await check.run(repository);
    return { ...result, outcome: "pass", detail: "" };
  } catch (error) {
    return { ...result, outcome: outcomeOf(error), detail: messageOf(error) };
  }
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof Unsupported) return "unsupported";
  if (error instanceof SetupFailed) return "skipped";
  if (error instanceof RequirementFailed) return "fail";
  // A broken connection, or a body or header that could not be read: the registry's answer, too.
  return "fail";
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new CannotRun(
      `${JSON.stringify(text)} is not an address: expected http://host:port or https://host`,
    );
  }
  return url;
}
