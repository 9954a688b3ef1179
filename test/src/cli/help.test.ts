// What `--help` teaches: each command has examples, each example is understood, and none takes a password.
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { createProgram, type Machinery } from "../../../src/cli/program.ts";
import { runCommandLine } from "../../../src/cli/run-command-line.ts";
import { RecordedTerminal } from "./recorded-terminal.ts";
import { parseShellLine } from "./shell-line.ts";

const refuse = () => Promise.reject(new Error("understood"));
const idle: Machinery = {
  openLog: refuse,
  assemble: refuse,
  openAccess: refuse,
  openStorage: refuse,
  openGc: refuse,
  openTags: refuse,
  openFsck: refuse,
  openMirror: refuse,
  openRetention: refuse,
  // there is nothing to try
  probeStorage: async function* () {},
  probeUpstreams: async function* () {},
};

function commandsOf(command: Command, path: readonly string[] = []): { path: string; command: Command }[] {
  const name = [...path, command.name()];
  const below = command.commands.flatMap((one) => commandsOf(one, name));
  return command.commands.length > 0 ? below : [{ path: name.join(" "), command }];
}

const commands = commandsOf(createProgram(new RecordedTerminal(), idle));

async function helpOf(path: string): Promise<string> {
  const terminal = new RecordedTerminal();
  await runCommandLine([...path.split(" ").slice(1), "--help"], terminal, idle);
  return terminal.output;
}

function examplesIn(help: string): string[] {
  return Array.from(help.matchAll(/^ {2}\$ (.*)$/gm), ([, line = ""]) => line);
}

describe("the help", () => {
  it("is there for all commands", () => {
    expect(commands.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["berth serve", "berth user add", "berth project member set", "berth audit"]),
    );
  });

  it.each(commands)("of $path has an example of it, and what it is for", async ({ path, command }) => {
    expect(command.description()).not.toBe("");
    const examples = examplesIn(await helpOf(path)).map((line) => parseShellLine(line).words.join(" "));
    expect(examples.some((line) => line.startsWith(path))).toBe(true);
  });

  it("has no example that is not understood", async () => {
    const pages = await Promise.all(["berth", ...commands.map(({ path }) => path)].map(helpOf));
    const lines = pages.flatMap(examplesIn).filter((line) => /^([A-Z]+=\$\()?berth /.test(line));
    expect(lines.length).toBeGreaterThan(commands.length);
    const misunderstood: string[] = [];
    for (const line of lines) {
      const terminal = new RecordedTerminal({}, { piped: "a password", answers: () => "y" });
      const code = await runCommandLine(parseShellLine(line).words.slice(1), terminal, idle);
      if (code === 2) misunderstood.push(`${line}: ${terminal.errors}`);
    }
    expect(misunderstood).toEqual([]);
  });

  it("offers no way to give a password or a secret as an argument", () => {
    const values = commands.flatMap(({ path, command }) => [
      ...command.options.filter((one) => one.required || one.optional).map((one) => `${path} ${one.long}`),
      ...command.registeredArguments.map((one) => `${path} <${one.name()}>`),
    ]);
    expect(values).toContain("berth robot add --allow");
    expect(
      values.filter((value) => /pass|secret|pat\b/.test(value.replace(/^berth user passwd/, ""))),
    ).toEqual([]);
  });
});
