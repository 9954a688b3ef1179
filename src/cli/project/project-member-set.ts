// `berth project member set`: a role for a user or a group; one member has one role.
import { Option, type Command } from "commander";
import { roles, type Role } from "../../../storage/metadata/access-records.ts";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";
import { summary } from "../output/summary.ts";
import { kindOf, memberTarget, withGroupOption, type GroupOption } from "./member-kind.ts";
import { memberDocument } from "./project-document.ts";

type Options = AccessOptions & GroupOption & { readonly role: Role };

const examples = [
  "berth project member set team jane --role maintainer         deletes, and gives roles to others",
  "berth project member set team web --group --role developer   everybody in the group web may push",
];

export function projectMemberSetCommand(parts: AccessParts): Command {
  const role = new Option("--role <role>", "guest pulls, developer also pushes, maintainer also deletes")
    .choices(roles)
    .makeOptionMandatory();
  const command = accessCommand("set", "give a user or a group a role in a project", examples)
    .argument("<project>")
    .argument("<name>", "of the user or group")
    .addOption(role);
  return withGroupOption(command).action(async (project: string, name: string, options: Options) => {
    const member = { kind: kindOf(options), name, role: options.role };
    const target = memberTarget(project, member);
    const change = { action: "member.set", target, detail: summary({ role: options.role }) };
    await withChange(parts, options, change, ({ projects }) => projects.setMember(project, member));
    const sentence = `${name} is ${options.role} in the project ${project}`;
    printDone(parts.terminal, options, sentence, { project, ...memberDocument(member) });
  });
}
