// What a member of a project is: a user, unless `--group` says that the name is a group's.
import type { Command } from "commander";
import type { MemberRecord } from "../../../storage/metadata/access-records.ts";

export type GroupOption = { readonly group?: boolean };

export function withGroupOption(command: Command): Command {
  return command.option("--group", "the name is a group's");
}

export function kindOf({ group }: GroupOption): MemberRecord["kind"] {
  return group === true ? "group" : "account";
}

/** What people call it: only users and groups are members. */
export function kindWord(kind: MemberRecord["kind"]): "user" | "group" {
  return kind === "group" ? "group" : "user";
}

/** For the audit trail. */
export function memberTarget(project: string, { kind, name }: Pick<MemberRecord, "kind" | "name">): string {
  return `${project} ${kindWord(kind)} ${name}`;
}
