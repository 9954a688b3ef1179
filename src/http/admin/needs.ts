// The right that a route of the admin API needs, said by its path and query alone: it is asked before anything of the body is read.
import type { Access } from "../../../auth/access.ts";
import { AccessError } from "../../../auth/access-error.ts";
import { OciError } from "../../oci/oci-error.ts";
import { parseRepositoryName } from "../../oci/repository-name.ts";
import type { AdminParts } from "./admin-parts.ts";

export interface Needs {
  /** Who has it, for the OpenAPI document. */
  readonly who: string;
  /** undefined: nobody is asked who they are. */
  readonly accessTo: (
    path: (name: string) => string,
    parts: Pick<AdminParts, "robots">,
    query: Readonly<Record<string, unknown>>,
  ) => Promise<Need>;
}

export interface Need {
  readonly access: Access | undefined;
  /** Said to those who lack it, in place of the authorizer's reason. */
  readonly refusal?: string;
}

export const nothing: Needs = {
  who: "Everybody, without signing in.",
  accessTo: async () => ({ access: undefined }),
};

export const self: Needs = {
  who: "Everybody who has an account.",
  accessTo: async () => ({ access: { kind: "self" } }),
};

export const system: Needs = {
  who: "System administrators.",
  accessTo: async () => ({ access: { kind: "system" } }),
};

export const seeProject: Needs = {
  who: "Users with a role in the project; of a public one all users.",
  accessTo: async (path) => ({ access: { kind: "project", name: path("name"), action: "see" } }),
};

export const administerProject: Needs = {
  who: "Maintainers of the project.",
  accessTo: async (path) => ({ access: { kind: "project", name: path("name"), action: "administer" } }),
};

export const pullRepository: Needs = {
  who: "Who may pull from the repository.",
  accessTo: async (_path, _parts, { repository }) => ({ access: accessToRepository(repository, "pull") }),
};

export const pushRepository: Needs = {
  who: "Who may push to the repository.",
  accessTo: async (_path, _parts, { repository }) => ({ access: accessToRepository(repository, "push") }),
};

/** @throws OciError nameInvalid, also for one that is missing or given twice */
function accessToRepository(name: unknown, action: "pull" | "push"): Access {
  const repository = typeof name === "string" ? parseRepositoryName(name) : undefined;
  if (repository === undefined) throw new OciError("nameInvalid", { detail: { name: String(name) } });
  return { kind: "repository", name: repository, action };
}

/** The refusal is the same for every robot, there or not, since the access differs by what the caller may not know. */
export const administerRobot: Needs = {
  who: "Maintainers of the robot's project; of a robot without one system administrators.",
  accessTo: async (path, { robots }) => {
    const name = path("name");
    const project = await projectOf(robots, name);
    return {
      access:
        project === undefined ? { kind: "system" } : { kind: "project", name: project, action: "administer" },
      refusal: `you do not manage a robot called ${name}, or it does not exist`,
    };
  },
};

async function projectOf(
  robots: Pick<AdminParts["robots"], "get">,
  name: string,
): Promise<string | undefined> {
  try {
    return (await robots.get(name)).project;
  } catch (error) {
    if (error instanceof AccessError && error.code === "unknown") return undefined;
    throw error;
  }
}
