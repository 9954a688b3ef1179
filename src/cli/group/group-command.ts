// `berth group …`, and `berth group member …` within.
import { Command } from "commander";
import type { AccessParts } from "../access/access-command.ts";
import { groupAddCommand } from "./group-add.ts";
import { groupListCommand } from "./group-list.ts";
import { groupMemberAddCommand } from "./group-member-add.ts";
import { groupMemberRemoveCommand } from "./group-member-remove.ts";
import { groupRemoveCommand } from "./group-remove.ts";
import { groupShowCommand } from "./group-show.ts";

export function groupCommand(parts: AccessParts): Command {
  const member = new Command("member")
    .description("who is in a group (`berth group show` lists them)")
    .addCommand(groupMemberAddCommand(parts))
    .addCommand(groupMemberRemoveCommand(parts));
  return new Command("group")
    .description("groups of users, which have roles as single users do")
    .addCommand(groupAddCommand(parts))
    .addCommand(groupListCommand(parts))
    .addCommand(groupShowCommand(parts))
    .addCommand(groupRemoveCommand(parts))
    .addCommand(member);
}
