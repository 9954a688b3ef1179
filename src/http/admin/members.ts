// /projects/:name/members: the users and groups that have a role in a project.
import { z } from "zod";
import type { AdminParts, ProjectRole } from "./admin-parts.ts";
import { operation, type Operation } from "./operation.ts";
import { answerPage, pageQuery, pageRequestOf, pageSchema } from "./pages.ts";

type Member = Parameters<AdminParts["projects"]["setMember"]>[1];

const rolesInOrder = ["guest", "developer", "maintainer"] as const satisfies readonly ProjectRole["role"][];

export const roleSchema = z
  .enum(rolesInOrder)
  .describe("guest: pull. developer: also push. maintainer: also delete, settings, members and robots.");

const newRole = z.strictObject({ role: roleSchema }).meta({ id: "NewRole" });

const memberSchema = z
  .strictObject({ kind: z.enum(["user", "group"]), name: z.string(), role: roleSchema })
  .meta({ id: "Member" });

export const listMembers = operation({
  id: "listMembers",
  summary: "Lists the members of a project: users, then groups, by name.",
  query: pageQuery,
  answer: pageSchema("MemberPage", memberSchema),
  handle: async ({ projects }, { path, query }) => {
    const page = await projects.listMembers(path("name"), pageRequestOf(query));
    return answerPage(page, memberAnswer, ({ kind, name }) => `${kind}:${name}`);
  },
});

function membersOf(kind: Member["kind"]): Record<"set" | "remove", Operation> {
  const word = kind === "group" ? "group" : "user";
  const target = ({ path }: { readonly path: (name: string) => string }) =>
    `${path("name")} ${word} ${path("member")}`;
  return {
    set: operation({
      id: kind === "group" ? "setGroupRole" : "setUserRole",
      summary: `Gives a ${word} a role in a project, in place of the one before.`,
      body: newRole,
      change: { action: "member.set", target },
      handle: async ({ projects }, { path, body: { role } }) => {
        await projects.setMember(path("name"), { kind, name: path("member"), role });
      },
    }),
    remove: operation({
      id: kind === "group" ? "removeGroupMember" : "removeUserMember",
      summary: `Takes a ${word}'s role in a project away.`,
      change: { action: "member.remove", target },
      handle: async ({ projects }, { path }) => {
        await projects.removeMember(path("name"), { kind, name: path("member") });
      },
    }),
  };
}

export const userMembers = membersOf("account");
export const groupMembers = membersOf("group");

function memberAnswer({ kind, name, role }: Member): z.infer<typeof memberSchema> {
  return { kind: kind === "account" ? "user" : kind, name, role };
}
