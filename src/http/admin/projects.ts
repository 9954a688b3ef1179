// /projects: what the first segments of repositories' names stand for. Members and robots have files of their own.
import { z } from "zod";
import type { Context } from "koa";
import type { AccountHolder } from "../../../auth/principal.ts";
import { OciError } from "../../oci/oci-error.ts";
import type { AdminParts } from "./admin-parts.ts";
import { description, time, timeOf } from "./fields.ts";
import { operation } from "./operation.ts";
import { answerPage, pageQuery, pageRequestOf, pageSchema } from "./pages.ts";
import { signedInUser } from "./signed-in-user.ts";

const isPublic = z.boolean().optional().describe("Everybody may pull, also without an account.");

const newProject = z
  .strictObject({
    name: z.string().describe("The first segment of its repositories' names."),
    description,
    public: isPublic,
    memberless: z
      .boolean()
      .optional()
      .describe("System administrators: do not become its maintainer, as any other creator does."),
  })
  .meta({ id: "NewProject" });

const projectChange = z
  .strictObject({ description, public: isPublic })
  .meta({ id: "ProjectChange", description: "What is absent stays as it is." });

const projectSchema = z
  .strictObject({ name: z.string(), description: z.string(), public: z.boolean(), createdAt: time })
  .meta({ id: "Project" });

export const listProjects = operation({
  id: "listProjects",
  summary: "Lists the projects that the caller may pull from, by name.",
  query: pageQuery,
  answer: pageSchema("ProjectPage", projectSchema),
  handle: async ({ gate, projects }, { ctx, query }) => {
    const visibility = await gate.visibleTo(ctx);
    const page = await projects.list({ ...pageRequestOf(query), visibility });
    return answerPage(page, projectAnswer, ({ name }) => name);
  },
});

export const createProject = operation({
  id: "createProject",
  summary: "Creates a project; the caller becomes its maintainer.",
  body: newProject,
  answer: projectSchema,
  location: ({ name }) => `/projects/${name}`,
  change: { action: "project.create", target: ({ body }) => body.name },
  handle: async (parts, { ctx, body: { memberless = false, ...project } }) => {
    const maintainer = await creator(parts, ctx, memberless);
    return projectAnswer(await parts.projects.create(project, maintainer));
  },
});

/** @throws OciError denied for a user who may not create it, or not so */
async function creator(
  parts: AdminParts,
  ctx: Context,
  memberless: boolean,
): Promise<AccountHolder | undefined> {
  const user = signedInUser(parts, ctx);
  const { systemAdmin, mayCreateProjects } = await parts.users.get(user.name);
  const refuse = (reason: string) => new OciError("denied", { detail: { reason } });
  if (!systemAdmin && !mayCreateProjects) {
    throw refuse("you may not create projects: ask a system administrator");
  }
  if (!memberless) return user;
  if (!systemAdmin) throw refuse("only a system administrator may create a project without members");
  return undefined;
}

export const getProject = operation({
  id: "getProject",
  summary: "Shows a project.",
  answer: projectSchema,
  handle: async ({ projects }, { path }) => projectAnswer(await projects.get(path("name"))),
});

export const changeProject = operation({
  id: "changeProject",
  summary: "Changes a project's description, makes it public or private.",
  body: projectChange,
  answer: projectSchema,
  change: { action: "project.change", target: ({ path }) => path("name") },
  handle: async ({ projects }, { path, body }) => projectAnswer(await projects.change(path("name"), body)),
});

export const deleteProject = operation({
  id: "deleteProject",
  summary: "Deletes a project that holds no repositories, with its members and robots.",
  change: { action: "project.delete", target: ({ path }) => path("name") },
  handle: async ({ projects }, { path }) => {
    await projects.delete(path("name"));
  },
});

function projectAnswer(project: Awaited<ReturnType<AdminParts["projects"]["get"]>>) {
  const { name, description, public: shown, createdAt } = project;
  return { name, description, public: shown, createdAt: timeOf(createdAt) };
}
