// The report and the exit code, against registries that are made to be good, bad, poor or not there.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import type { Level } from "../../conformance/check.ts";
import { runCommand } from "../../conformance/command-line.ts";
import { exitCodeOf, tableOf } from "../../conformance/report.ts";
import type { CheckResult, Outcome } from "../../conformance/run-conformance.ts";

interface Run {
  readonly code: number;
  readonly output: string;
  readonly complaints: string;
}

async function run(...args: string[]): Promise<Run> {
  const output: string[] = [];
  const complaints: string[] = [];
  const code = await runCommand(
    args,
    (text) => output.push(text),
    (text) => complaints.push(text),
  );
  return { code, output: output.join("\n"), complaints: complaints.join("\n") };
}

async function against(listener: RequestListener, ...args: string[]): Promise<Run> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await run(...args, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const ok: RequestListener = (_request, response) => void response.writeHead(200).end("{}");
const notFound: RequestListener = (_request, response) => void response.writeHead(404).end();

function result(level: Level, outcome: Outcome): CheckResult {
  return { id: "x", group: "g", ends: ["end-1"], level, name: "something holds", outcome, detail: "" };
}

describe("the exit code", () => {
  test.for<[Level, Outcome, number]>([
    ["MUST", "pass", 0],
    ["MUST", "unsupported", 0],
    ["MUST", "fail", 1],
    ["MUST", "skipped", 1],
    ["SHOULD", "fail", 0],
    ["MAY", "fail", 0],
    ["MAY", "skipped", 0],
  ])("of a %s that is %s is %i", ([level, outcome, code]) => {
    expect(exitCodeOf([result("MUST", "pass"), result(level, outcome)])).toBe(code);
  });

  test("is 0 when every MUST passes", async () => {
    expect((await against(ok, "--only", "ping")).code).toBe(0);
  });

  test("is 1 when a MUST fails", async () => {
    const { code, output } = await against(notFound, "--only", "ping");
    expect(code).toBe(1);
    expect(output).toMatch(
      /^end-1 +MUST +GET \/v2\/ answers 200 +fail \(GET \/v2\/: wanted 200, got 404\)$/m,
    );
  });

  test("is 1 when no MUST could be tested, because pushing does not work", async () => {
    const { code, output } = await against(ok, "--only", "blob-get");
    expect(code).toBe(1);
    expect(output).toContain("0 fail");
    expect(output).toContain("1 skipped");
  });

  test("is 2 when nobody answers", async () => {
    const { code, complaints } = await run("http://127.0.0.1:1");
    expect(code).toBe(2);
    expect(complaints).toContain("http://127.0.0.1:1 cannot be reached");
  });

  test.for([
    { args: [], says: "expected one address" },
    { args: ["not-an-address"], says: "is not an address" },
    { args: ["--only", "end-99", "http://127.0.0.1:1"], says: 'is called "end-99"' },
    { args: ["--header", "nonsense", "http://127.0.0.1:1"], says: "--header wants" },
    { args: ["--what", "http://127.0.0.1:1"], says: "--what" },
  ])("is 2 for $args", async ({ args, says }) => {
    const { code, complaints } = await run(...args);
    expect(code).toBe(2);
    expect(complaints).toContain(says);
  });
});

describe("the report", () => {
  test("is a table whose columns stand under each other, with totals at its end", () => {
    const lines = tableOf([result("SHOULD", "pass"), { ...result("MUST", "fail"), detail: "why" }]).split(
      "\n",
    );
    expect(lines).toEqual([
      "endpoint  level   requirement      outcome",
      "end-1     SHOULD  something holds  pass",
      "end-1     MUST    something holds  fail (why)",
      "",
      "2 checks: 1 pass, 1 fail, 0 unsupported, 0 skipped; MUSTs that fail: 1",
    ]);
  });

  test("is JSON on demand, with an outcome and a detail for every check", async () => {
    const { output } = await against(notFound, "--json", "--only", "ping", "--only", "extensions-discover");
    const { results } = JSON.parse(output) as { results: CheckResult[] };
    expect(results.map(({ id, outcome }) => [id, outcome])).toEqual([
      ["ping", "fail"],
      ["ping-slashless", "unsupported"],
      ["ping-version-header", "unsupported"],
      ["ping-unknown-path", "pass"],
      ["extensions-discover", "unsupported"],
    ]);
  });

  test("of --only end-4 has all of end-4a, end-4b and end-4c", async () => {
    const { output } = await against(notFound, "--json", "--only", "end-4");
    const { results } = JSON.parse(output) as { results: CheckResult[] };
    expect(new Set(results.flatMap(({ ends }) => ends).filter((end) => end.startsWith("end-4")))).toEqual(
      new Set(["end-4a", "end-4b", "end-4c"]),
    );
  });
});

test("headers from the command line go with every request, repositories under the prefix", async () => {
  const seen: string[] = [];
  await against(
    (request, response) => {
      seen.push(
        `${String(request.headers.authorization)} ${String(request.url).replace(/[0-9a-f]{8}/, "…")}`,
      );
      response.writeHead(404).end();
    },
    ...["--header", "Authorization: Basic eDp5", "--repo", "mine", "--only", "blob-get-malformed-digest"],
  );
  expect(seen).toEqual([
    "Basic eDp5 /v2/",
    "Basic eDp5 /v2/mine/…/blob-get-malformed-digest/blobs/sha256:nonsense",
  ]);
});

test("--help and --list print what there is", async () => {
  expect((await run("--help")).output).toContain("npm run conformance");
  expect((await run("--list")).output).toMatch(/^ {2}ping +MUST +GET \/v2\/ answers 200$/m);
});
