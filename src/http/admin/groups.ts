// /groups: groups of users, which have roles in projects as single users do.
import { z } from "zod";
import type { AdminParts } from "./admin-parts.ts";
import { description, time, timeOf } from "./fields.ts";
import { operation } from "./operation.ts";
import { answerPage, pageQuery, pageRequestOf, pageSchema } from "./pages.ts";

const newGroup = z
  .strictObject({
    name: z.string().describe("2 to 64 of a-z, 0-9, dot, underscore and hyphen."),
    description,
  })
  .meta({ id: "NewGroup" });

const groupSchema = z
  .strictObject({ name: z.string(), description: z.string(), createdAt: time })
  .meta({ id: "Group" });

const groupAccountSchema = z.strictObject({ name: z.string() }).meta({ id: "GroupAccount" });

export const listGroups = operation({
  id: "listGroups",
  summary: "Lists groups by name.",
  query: pageQuery,
  answer: pageSchema("GroupPage", groupSchema),
  handle: async ({ groups }, { query }) =>
    answerPage(await groups.list(pageRequestOf(query)), groupAnswer, ({ name }) => name),
});

export const createGroup = operation({
  id: "createGroup",
  summary: "Creates a group.",
  body: newGroup,
  answer: groupSchema,
  location: ({ name }) => `/groups/${name}`,
  change: { action: "group.create", target: ({ body }) => body.name },
  handle: async ({ groups }, { body }) => groupAnswer(await groups.create(body)),
});

export const getGroup = operation({
  id: "getGroup",
  summary: "Shows a group.",
  answer: groupSchema,
  handle: async ({ groups }, { path }) => groupAnswer(await groups.get(path("name"))),
});

export const deleteGroup = operation({
  id: "deleteGroup",
  summary: "Deletes a group with the roles that it gave.",
  change: { action: "group.delete", target: ({ path }) => path("name") },
  handle: async ({ groups }, { path }) => {
    await groups.delete(path("name"));
  },
});

export const listGroupAccounts = operation({
  id: "listGroupAccounts",
  summary: "Lists the users in a group by name.",
  query: pageQuery,
  answer: pageSchema("GroupAccountPage", groupAccountSchema),
  handle: async ({ groups }, { path, query }) => {
    const page = await groups.listAccounts(path("name"), pageRequestOf(query));
    return answerPage(
      page,
      (name) => ({ name }),
      (name) => name,
    );
  },
});

export const addGroupAccount = operation({
  id: "addGroupAccount",
  summary: "Puts a user into a group.",
  change: { action: "group.add", target: ({ path }) => `${path("name")} ${path("account")}` },
  handle: async ({ groups }, { path }) => {
    await groups.addAccount(path("name"), path("account"));
  },
});

export const removeGroupAccount = operation({
  id: "removeGroupAccount",
  summary: "Takes a user out of a group.",
  change: { action: "group.remove", target: ({ path }) => `${path("name")} ${path("account")}` },
  handle: async ({ groups }, { path }) => {
    await groups.removeAccount(path("name"), path("account"));
  },
});

function groupAnswer({ name, description, createdAt }: Awaited<ReturnType<AdminParts["groups"]["get"]>>) {
  return { name, description, createdAt: timeOf(createdAt) };
}
