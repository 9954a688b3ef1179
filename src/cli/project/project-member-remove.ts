// `berth project member remove`: a role is taken away; the account or group stays.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";
import { kindOf, kindWord, memberTarget, withGroupOption, type GroupOption } from "./member-kind.ts";

const examples = ["berth project member remove team jane", "berth project member remove team web --group"];

export function projectMemberRemoveCommand(parts: AccessParts): Command {
  const command = accessCommand("remove", "take the role in a project from a user or a group", examples)
    .argument("<project>")
    .argument("<name>", "of the user or group");
  return withGroupOption(command).action(
    async (project: string, name: string, options: AccessOptions & GroupOption) => {
      const member = { kind: kindOf(options), name };
      const change = { action: "member.remove", target: memberTarget(project, member) };
      await withChange(parts, options, change, ({ projects }) => projects.removeMember(project, member));
      const sentence = `${name} has no role of its own in the project ${project} any more`;
      printDone(parts.terminal, options, sentence, {
        project,
        kind: kindWord(member.kind),
        name,
        removed: true,
      });
    },
  );
}
