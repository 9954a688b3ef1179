// `berth project set`: who may pull without a role, and what the project is.
import { InvalidArgumentError, Option, type Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { requireChange } from "../access/require-change.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";
import { summary } from "../output/summary.ts";
import { projectDocument } from "./project-document.ts";

type Options = AccessOptions & {
  readonly public?: boolean;
  readonly private?: boolean;
  readonly description?: string;
  readonly quota?: number | "none";
};

const examples = [
  "berth project set team --public",
  "berth project set team --private --description 'Web team'",
  "berth project set team --quota 10GiB                  what is shared within the project counts once",
  "berth project set team --quota none",
];

export function projectSetCommand(parts: AccessParts): Command {
  return accessCommand("set", "change a project", examples)
    .argument("<name>")
    .addOption(new Option("--public", "everybody may pull, also without an account").conflicts("private"))
    .option("--private", "only members may pull")
    .option("--description <text>", "in one line")
    .option("--quota <size>", "how much its repositories may hold, such as 10GiB; or none", parseQuota)
    .action(async (name: string, options: Options, self: Command) => {
      const isPublic = options.private === true ? false : options.public;
      const wanted = {
        public: isPublic,
        description: options.description,
        maxBytes: options.quota === "none" ? null : options.quota,
      };
      requireChange(self, wanted);
      const change = {
        action: "project.change",
        target: name,
        detail: summary({ ...wanted, maxBytes: options.quota }),
      };
      const project = await withChange(parts, options, change, ({ projects }) =>
        projects.change(name, wanted),
      );
      printDone(parts.terminal, options, `changed the project ${name}`, projectDocument(project));
    });
}

const units: Readonly<Record<string, number>> = { "": 0, B: 0, KiB: 1, MiB: 2, GiB: 3, TiB: 4 };

/** @throws InvalidArgumentError, which commander shows */
function parseQuota(text: string): number | "none" {
  if (text === "none") return text;
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([KMGT]iB|B|)$/.exec(text) ?? [];
  const bytes = digits === "" ? NaN : Math.floor(Number(digits) * 1024 ** (units[unit] ?? NaN));
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError("Write a number of bytes, or with a unit: 500MiB, 10GiB, 1.5TiB; or none.");
}
