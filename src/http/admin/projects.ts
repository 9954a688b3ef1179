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

const maxBytes = z.int().min(0).nullable();

const projectChange = z
  .strictObject({
    description,
    public: isPublic,
    maxBytes: maxBytes
      .optional()
      .describe("System administrators: how many bytes its repositories may hold; null is no limit."),
  })
  .meta({ id: "ProjectChange", description: "What is absent stays as it is." });

const projectSchema = z
  .strictObject({
    name: z.string(),
    description: z.string(),
    public: z.boolean(),
    createdAt: time,
    maxBytes,
    usedBytes: z.int(),
  })
  .meta({ id: "Project" });

export const listProjects = operation({
  id: "listProjects",
  summary: "Lists the projects that the caller may pull from, by name.",
  query: pageQuery,
  answer: pageSchema("ProjectPage", projectSchema),
  handle: async ({ gate, projects }, { ctx, query }) => {
    const visibility = await gate.visibleTo(ctx);
    const page = await projects.list({ ...pageRequestOf(query), visibility });
    const entries = await Promise.all(page.entries.map((project) => projectAnswer(projects, project)));
    return answerPage(
      { ...page, entries },
      (project) => project,
      ({ name }) => name,
    );
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
    return projectAnswer(parts.projects, await parts.projects.create(project, maintainer));
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
  handle: async ({ projects }, { path }) => projectAnswer(projects, await projects.get(path("name"))),
});

export const changeProject = operation({
  id: "changeProject",
  summary: "Changes a project's description or quota, makes it public or private.",
  body: projectChange,
  answer: projectSchema,
  change: { action: "project.change", target: ({ path }) => path("name") },
  handle: async (parts, { ctx, path, body }) => {
    if (body.maxBytes !== undefined) await expectAdministrator(parts, ctx);
    return projectAnswer(parts.projects, await parts.projects.change(path("name"), body));
  },
});

/** A maintainer would else give himself what the quota denies. */
async function expectAdministrator(parts: AdminParts, ctx: Context): Promise<void> {
  const user = signedInUser(parts, ctx);
  if ((await parts.users.get(user.name)).systemAdmin) return;
  throw new OciError("denied", { detail: { reason: "only a system administrator sets quotas" } });
}

export const deleteProject = operation({
  id: "deleteProject",
  summary: "Deletes a project that holds no repositories, with its members and robots.",
  change: { action: "project.delete", target: ({ path }) => path("name") },
  handle: async ({ projects }, { path }) => {
    await projects.delete(path("name"));
  },
});

async function projectAnswer(
  projects: AdminParts["projects"],
  project: Awaited<ReturnType<AdminParts["projects"]["get"]>>,
) {
  const { name, description, public: shown, createdAt, maxBytes: quota = null } = project;
  const usedBytes = await projects.usedBytes(name);
  return { name, description, public: shown, createdAt: timeOf(createdAt), maxBytes: quota, usedBytes };
}
