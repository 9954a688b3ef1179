// The command line: `conformance [options] http://host:port`. Apart from main.ts so that it can be called in a test.
import { parseArgs } from "node:util";
import { checkGroups } from "./checks/all-checks.ts";
import { exitCodeOf, jsonOf, tableOf } from "./report.ts";
import { CannotRun, runConformance } from "./run-conformance.ts";

const help = `Tests a registry against the OCI distribution-spec, v1.1.1 and what is coming after it.

  npm run conformance -- [options] http://host:port

It pushes to new repositories under conformance/ (or your prefix), so the address must allow pushing. One line a
requirement: pass, fail, unsupported (an optional feature is absent in a permitted way) or skipped (what the check
builds upon did not work).

  --only NAME       only this check, group or endpoint (end-7); may be repeated
  --repo PREFIX     first part of the names of all repositories that are made (default: conformance)
  --header "N: V"   a header for every request, such as Authorization; may be repeated
  --json            the results as JSON
  --list            the checks, without running any
  --help            this text

Groups: ${Object.keys(checkGroups).join(", ")}

Exit code: 0 when no MUST fails, 1 when one does (or could not be tested), 2 when nothing could be tested.`;

const options = {
  only: { type: "string", multiple: true },
  repo: { type: "string" },
  header: { type: "string", multiple: true },
  json: { type: "boolean" },
  list: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

interface Request {
  readonly baseUrl: string;
  readonly json: boolean;
  readonly run: Parameters<typeof runConformance>[1];
}

/** What is to be run, or the text that was asked for instead. */
function readArguments(args: readonly string[]): Request | string {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (values.help === true) return help;
  if (values.list === true) return listOfChecks();
  const [baseUrl, ...more] = positionals;
  if (baseUrl === undefined || more.length > 0)
    throw new CannotRun("expected one address, http://host:port (try --help)");
  return {
    baseUrl,
    json: values.json === true,
    run: {
      only: values.only ?? [],
      headers: headersOf(values.header ?? []),
      ...(values.repo === undefined ? {} : { repositoryPrefix: values.repo }),
    },
  };
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const pairs = lines.map((line) => {
    const at = line.indexOf(":");
    if (at < 1) throw new CannotRun(`--header wants "Name: value", got ${JSON.stringify(line)}`);
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
  });
  return Object.fromEntries(pairs);
}

function listOfChecks(): string {
  const lines = Object.entries(checkGroups).map(([group, checks]) => {
    return [
      group,
      ...checks.map(({ id, level, name }) => `  ${id.padEnd(34)}${level.padEnd(8)}${name}`),
    ].join("\n");
  });
  return lines.join("\n");
}

/**
 * Does what `args` ask for and gives the exit code: 0 or 1 as `exitCodeOf` says, 2 when nothing could be tested.
 * @param print where the report or a text goes; complaints go to `complain`
 */
export async function runCommand(
  args: readonly string[],
  print: (text: string) => void,
  complain: (text: string) => void,
): Promise<0 | 1 | 2> {
  try {
    const request = readArguments(args);
    if (typeof request === "string") {
      print(request);
      return 0;
    }
    const results = await runConformance(request.baseUrl, request.run);
    print(request.json ? jsonOf(request.baseUrl, results) : tableOf(results));
    return exitCodeOf(results);
  } catch (error) {
    // parseArgs reports a wrong option with a TypeError that has a code.
    if (!(error instanceof CannotRun) && !(error instanceof TypeError && "code" in error)) throw error;
    complain(`conformance: ${error.message}`);
    return 2;
  }
}
