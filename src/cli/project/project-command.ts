// `berth project …`, and `berth project member …` within.
import { Command } from "commander";
import type { AccessParts } from "../access/access-command.ts";
import { projectAddCommand } from "./project-add.ts";
import { projectListCommand } from "./project-list.ts";
import { projectMemberListCommand } from "./project-member-list.ts";
import { projectMemberRemoveCommand } from "./project-member-remove.ts";
import { projectMemberSetCommand } from "./project-member-set.ts";
import { projectRemoveCommand } from "./project-remove.ts";
import { projectSetCommand } from "./project-set.ts";
import { projectShowCommand } from "./project-show.ts";

export function projectCommand(parts: AccessParts): Command {
  const member = new Command("member")
    .description("who has which role in a project")
    .addCommand(projectMemberSetCommand(parts))
    .addCommand(projectMemberRemoveCommand(parts))
    .addCommand(projectMemberListCommand(parts));
  return new Command("project")
    .description("projects, which hold repositories, and roles in them")
    .addCommand(projectAddCommand(parts))
    .addCommand(projectListCommand(parts))
    .addCommand(projectShowCommand(parts))
    .addCommand(projectSetCommand(parts))
    .addCommand(projectRemoveCommand(parts))
    .addCommand(member);
}
