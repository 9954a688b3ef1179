// /robots and /projects/:name/robots: accounts of machines. One that is bound to a project is the matter of its
// maintainers, one that works everywhere of system administrators.
import { z } from "zod";
import type { RobotView } from "../../../auth/accounts/account-view.ts";
import { actionList, description, expiry, expiryIn, optionalTimeOf, time, timeOf } from "./fields.ts";
import { operation } from "./operation.ts";
import { answerPage, pageQuery, pageRequestOf, pageSchema } from "./pages.ts";
import { describeVisible } from "./visible-fields.ts";

const mayCreateProjects = z
  .boolean()
  .optional()
  .describe("A push to a project that does not exist makes it.");

const newProjectRobot = z
  .strictObject({
    name: z
      .string()
      .describe(
        "2 to 64 of a-z, 0-9, dot, underscore and hyphen; users and robots share one space of names.",
      ),
    actions: actionList,
    description,
    expiresAt: expiry,
  })
  .meta({ id: "NewProjectRobot" });

const newRobot = newProjectRobot.extend({ mayCreateProjects }).meta({ id: "NewRobot" });

const robotChange = z
  .strictObject({
    description,
    disabled: z.boolean().optional(),
    actions: actionList.optional(),
    expiresAt: expiry,
    mayCreateProjects,
  })
  .meta({ id: "RobotChange", description: "What is absent stays as it is." });

export const robotSchema = z
  .strictObject({
    name: z.string(),
    description: z.string(),
    disabled: z.boolean(),
    project: z.string().nullable().describe("null: it works in every project."),
    actions: actionList,
    mayCreateProjects: z.boolean(),
    expiresAt: time.nullable(),
    createdAt: time,
  })
  .meta({ id: "Robot" });

const createdRobot = robotSchema
  .extend({ secret: z.string().describe("Shown this once.") })
  .meta({ id: "CreatedRobot" });

const robotPage = pageSchema("RobotPage", robotSchema);
const locationOf = ({ name }: { readonly name: string }) => `/robots/${name}`;

export const listRobots = operation({
  id: "listRobots",
  summary: "Lists all robots by name.",
  query: pageQuery,
  answer: robotPage,
  handle: async ({ robots }, { query }) =>
    answerPage(await robots.list(pageRequestOf(query)), robotAnswer, ({ name }) => name),
});

export const createRobot = operation({
  id: "createRobot",
  summary: "Creates a robot that works in every project. The secret is shown this once.",
  body: newRobot,
  answer: createdRobot,
  location: locationOf,
  change: { action: "robot.create", target: ({ body }) => body.name },
  handle: async ({ robots }, { body }) => {
    const { robot, secret } = await robots.create({
      ...body,
      expiresAt: expiryIn(body.expiresAt) ?? undefined,
    });
    return { ...robotAnswer(robot), secret };
  },
});

export const listProjectRobots = operation({
  id: "listProjectRobots",
  summary: "Lists the robots of a project by name.",
  query: pageQuery,
  answer: robotPage,
  handle: async ({ projects, robots }, { path, query }) => {
    const { name: project } = await projects.get(path("name"));
    const page = await robots.list({ ...pageRequestOf(query), project });
    return answerPage(page, robotAnswer, ({ name }) => name);
  },
});

export const createProjectRobot = operation({
  id: "createProjectRobot",
  summary: "Creates a robot that works in this project alone. The secret is shown this once.",
  body: newProjectRobot,
  answer: createdRobot,
  location: locationOf,
  change: {
    action: "robot.create",
    target: ({ body }) => body.name,
    detail: ({ path, body }) => `project: ${path("name")}, ${describeVisible(newProjectRobot, body)}`,
  },
  handle: async ({ robots }, { path, body }) => {
    const expiresAt = expiryIn(body.expiresAt) ?? undefined;
    const { robot, secret } = await robots.create({ ...body, project: path("name"), expiresAt });
    return { ...robotAnswer(robot), secret };
  },
});

export const getRobot = operation({
  id: "getRobot",
  summary: "Shows a robot.",
  answer: robotSchema,
  handle: async ({ robots }, { path }) => robotAnswer(await robots.get(path("name"))),
});

export const changeRobot = operation({
  id: "changeRobot",
  summary: "Changes what a robot may do and until when, disables or enables it.",
  body: robotChange,
  answer: robotSchema,
  change: { action: "robot.change", target: ({ path }) => path("name") },
  handle: async ({ robots }, { path, body }) =>
    robotAnswer(await robots.change(path("name"), { ...body, expiresAt: expiryIn(body.expiresAt) })),
});

export const deleteRobot = operation({
  id: "deleteRobot",
  summary: "Deletes a robot; what it pushed stays.",
  change: { action: "robot.delete", target: ({ path }) => path("name") },
  handle: async ({ robots }, { path }) => {
    await robots.delete(path("name"));
  },
});

export function robotAnswer(robot: RobotView): z.infer<typeof robotSchema> {
  const { name, description, disabled, project = null, actions, mayCreateProjects } = robot;
  return {
    ...{ name, description, disabled, project, mayCreateProjects },
    actions: [...actions],
    expiresAt: optionalTimeOf(robot.expiresAt),
    createdAt: timeOf(robot.createdAt),
  };
}
