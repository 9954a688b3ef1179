// `berth config schema`: the JSON Schema of the configuration file, for editors and for reading.
import { Command } from "commander";
import { configJsonSchema } from "../config/json-schema.ts";
import type { Terminal } from "./terminal.ts";

export function configSchemaCommand(terminal: Terminal): Command {
  return new Command("schema")
    .description("print the JSON Schema of the configuration file: every key, its meaning and its default")
    .addHelpText("after", "\nExamples:\n  $ berth config schema > berth.schema.json    for the editor")
    .action(() => terminal.stdout(`${JSON.stringify(configJsonSchema(), null, 2)}\n`));
}
