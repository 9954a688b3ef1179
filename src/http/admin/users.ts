// /users: people's accounts, managed by system administrators.
import { z } from "zod";
import type { UserView } from "../../../auth/accounts/account-view.ts";
import { description, time, timeOf } from "./fields.ts";
import { operation } from "./operation.ts";
import { answerPage, pageQuery, pageRequestOf, pageSchema } from "./pages.ts";
import { secretText } from "./visible-fields.ts";

const rights = {
  systemAdmin: z.boolean().optional().describe("May do everything."),
  mayCreateProjects: z.boolean().optional().describe("A push to a project that does not exist makes it."),
};

const newUser = z
  .strictObject({
    name: z
      .string()
      .describe(
        "2 to 64 of a-z, 0-9, dot, underscore and hyphen; users and robots share one space of names.",
      ),
    password: secretText(
      "8 to 256 characters; without one the user logs in by access token alone.",
    ).optional(),
    description,
    ...rights,
  })
  .meta({ id: "NewUser" });

const userChange = z
  .strictObject({ description, disabled: z.boolean().optional(), ...rights })
  .meta({ id: "UserChange", description: "What is absent stays as it is." });

const newPassword = z
  .strictObject({ password: secretText("8 to 256 characters.") })
  .meta({ id: "NewPassword" });

export const userSchema = z
  .strictObject({
    name: z.string(),
    description: z.string(),
    disabled: z.boolean(),
    systemAdmin: z.boolean(),
    mayCreateProjects: z.boolean(),
    hasPassword: z
      .boolean()
      .describe("false: logs in by access token, or by a password that is kept elsewhere."),
    createdAt: time,
  })
  .meta({ id: "User" });

export const listUsers = operation({
  id: "listUsers",
  summary: "Lists users by name.",
  query: pageQuery,
  answer: pageSchema("UserPage", userSchema),
  handle: async ({ users }, { query }) =>
    answerPage(await users.list(pageRequestOf(query)), userAnswer, ({ name }) => name),
});

export const createUser = operation({
  id: "createUser",
  summary: "Creates a user.",
  body: newUser,
  answer: userSchema,
  location: ({ name }) => `/users/${name}`,
  change: { action: "user.create", target: ({ body }) => body.name },
  handle: async ({ users }, { body }) => userAnswer(await users.create(body)),
});

export const getUser = operation({
  id: "getUser",
  summary: "Shows a user.",
  answer: userSchema,
  handle: async ({ users }, { path }) => userAnswer(await users.get(path("name"))),
});

export const changeUser = operation({
  id: "changeUser",
  summary: "Changes a user's description and rights, disables or enables the account.",
  body: userChange,
  answer: userSchema,
  change: { action: "user.change", target: ({ path }) => path("name") },
  handle: async ({ users }, { path, body }) => userAnswer(await users.change(path("name"), body)),
});

export const setUserPassword = operation({
  id: "setUserPassword",
  summary: "Gives a user another password; logins that the old one led to end.",
  body: newPassword,
  change: { action: "user.password", target: ({ path }) => path("name") },
  handle: async ({ users }, { path, body }) => {
    await users.setPassword(path("name"), body.password);
  },
});

export const deleteUser = operation({
  id: "deleteUser",
  summary: "Deletes a user with the user's access tokens and roles; what was pushed stays.",
  change: { action: "user.delete", target: ({ path }) => path("name") },
  handle: async ({ users }, { path }) => {
    await users.delete(path("name"));
  },
});

export function userAnswer(user: UserView): z.infer<typeof userSchema> {
  const { name, description, disabled, systemAdmin, mayCreateProjects, hasPassword, createdAt } = user;
  return {
    ...{ name, description, disabled, systemAdmin, mayCreateProjects, hasPassword },
    createdAt: timeOf(createdAt),
  };
}
