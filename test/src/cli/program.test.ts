// The command line without a process: what each command prints, and the exit code of everything that can be mistyped.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { runCommandLine } from "../../../src/cli/run-command-line.ts";
import type { Machinery } from "../../../src/cli/program.ts";
import { packageVersion } from "../../../src/cli/version.ts";
import { RecordedTerminal } from "./recorded-terminal.ts";

const idle: Machinery = {
  openLog: () => Promise.reject(new Error("nothing is to be served here")),
  assemble: () => Promise.reject(new Error("nothing is to be served here")),
  openAccess: () => Promise.reject(new Error("nothing is to be opened here")),
  openStorage: () => Promise.reject(new Error("nothing is to be opened here")),
  openGc: () => Promise.reject(new Error("nothing is to be opened here")),
  openTags: () => Promise.reject(new Error("nothing is to be opened here")),
  openFsck: () => Promise.reject(new Error("nothing is to be opened here")),
  openMirror: () => Promise.reject(new Error("nothing is to be opened here")),
  openRetention: () => Promise.reject(new Error("nothing is to be opened here")),
  probeStorage: async function* () {},
  probeUpstreams: async function* () {},
};

async function run(args: string[], environment: Record<string, string> = {}) {
  const terminal = new RecordedTerminal(environment);
  const code = await runCommandLine(args, terminal, idle);
  return { code, output: terminal.output, errors: terminal.errors };
}

function yamlFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "berth-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "berth.yaml");
  writeFileSync(file, content);
  return file;
}

describe("berth", () => {
  it("--version prints the version of the package", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, output: `${packageVersion()}\n`, errors: "" });
    expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });

  it("--help teaches: commands, an example of each, how variables are named, where the keys are explained", async () => {
    const { code, output } = await run(["--help"]);
    expect(code).toBe(0);
    for (const part of [
      "serve",
      "config",
      "docker push 127.0.0.1:5000/",
      "BERTH_HTTP_DRAIN_SECONDS",
      "BERTH_CONFIG",
      "docs/configuration.md",
    ]) {
      expect(output).toContain(part);
    }
  });

  it("serve --help shows the options with the keys they set, and how to stop", async () => {
    const { code, output } = await run(["serve", "--help"]);
    expect(code).toBe(0);
    for (const part of [
      "--config <file>",
      "--listen <host:port>",
      "--data <dir>",
      "--auth-mode <mode>",
      "SIGTERM",
    ]) {
      expect(output).toContain(part);
    }
  });

  it.each([
    [[], /Usage: berth/],
    [["serv"], /unknown command 'serv'\n\(Did you mean serve\?\)/],
    [["config"], /Usage: berth config/],
    [["config", "chek"], /unknown command 'chek'\n\(Did you mean check\?\)/],
    [["serve", "--lisen", ":1"], /unknown option '--lisen'\n\(Did you mean --listen\?\)/],
    [["--verson"], /unknown option '--verson'\n\(Did you mean --version\?\)/],
    [["serve", "--listen"], /argument missing/],
    [["serve", "now"], /too many arguments/],
    [["config", "print", "--jsn"], /Did you mean --json\?/],
  ])("%j is not understood: 2, and the nearest right word", async (args, message) => {
    const { code, output, errors } = await run(args);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toMatch(message);
  });
});

describe("berth config check", () => {
  it("says ok", async () => {
    expect(await run(["config", "check"])).toEqual({ code: 0, output: "ok\n", errors: "" });
  });

  it("reads the file of --config and of BERTH_CONFIG, and the options of serve", async () => {
    const file = yamlFile("auth: {mode: token}\n");
    expect((await run(["config", "check", "--config", file])).code).toBe(1);
    expect((await run(["config", "check"], { BERTH_CONFIG: file })).code).toBe(1);
    expect((await run(["config", "check", "--config", file, "--auth-mode", "open"])).code).toBe(0);
  });

  it("prints all problems and no stack, and exits with 1", async () => {
    const file = yamlFile("htp: {}\nlog: {level: loud}\n");
    const { code, output, errors } = await run(["config", "check", "--config", file], { BERTH_DTA: "x" });
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors.trimEnd().split("\n")).toEqual([
      "The configuration has 3 problems:",
      "  BERTH_DTA: there is no such setting; the nearest is BERTH_DATA; correct or remove it (environment)",
      `  log.level: must be one of trace, debug, info, warn, error, silent, not "loud" (${file}:2:7)`,
      `  htp: there is no such key; did you mean http? (${file}:1:1)`,
      "Every key is explained in docs/configuration.md and by `berth config schema`.",
    ]);
  });

  it("shows a stack to those who ask for debugging", async () => {
    const { errors } = await run(["config", "check", "--listen", "x"], { BERTH_LOG_LEVEL: "debug" });
    expect(errors).toMatch(/\n {4}at /);
  });
});

describe("berth config print", () => {
  it("prints what is in force, as YAML", async () => {
    const { code, output } = await run(["config", "print", "--listen", "[::1]:80"], {
      BERTH_DATA: "/srv/berth",
    });
    expect(code).toBe(0);
    expect(parse(output)).toMatchObject({
      http: { listen: "[::1]:80", drainSeconds: 30 },
      data: "/srv/berth",
      auth: { mode: "open" },
    });
  });

  it("prints JSON on demand", async () => {
    const { output } = await run(["config", "print", "--json"]);
    expect(JSON.parse(output)).toMatchObject({ http: { listen: "127.0.0.1:5000" } });
  });
});

describe("berth config schema", () => {
  it("prints a JSON Schema that knows keys, defaults and limits, and forbids other keys", async () => {
    const { code, output } = await run(["config", "schema"]);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      additionalProperties: false,
      properties: {
        http: {
          additionalProperties: false,
          properties: {
            listen: { type: "string", default: "127.0.0.1:5000" },
            drainSeconds: { type: "integer", minimum: 0, default: 30 },
          },
        },
        storage: { properties: { blobs: { minProperties: 1, maxProperties: 1 } } },
      },
    });
  });
});
