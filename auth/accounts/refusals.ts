// The sentences of a refusal. Each depends on who asks and for what, never on whether it exists: whoever may not see a
// repository must not learn from a refusal that it is there.
import type { Access, RepositoryAction } from "../access.ts";
import { isProjectName } from "./input-rules.ts";

const inactive = "this account is disabled, expired or gone: ask an administrator";

/** For somebody without an account that counts. */
export function refusalToStrangers(access: Access, hasAccount: boolean): string {
  if (hasAccount) return inactive;
  switch (access.kind) {
    case "repository":
      return `sign in: without an account you lack ${access.action} on ${access.name}`;
    case "project":
      return `sign in to ${access.action} the project ${access.name}`;
    case "registry":
    case "catalog":
    case "system":
    case "self":
      return "sign in: this needs an account";
  }
}

/** @param mayCreate whether a push of this account makes projects, so that a refused one tells that this one exists */
export function refusalOnRepository(
  { name, action }: { readonly name: string; readonly action: RepositoryAction },
  project: string,
  mayCreate: boolean,
): string {
  if (action !== "push") return `you lack ${action} on ${name}, or it does not exist`;
  if (!isProjectName(project))
    return `you lack push on ${name}: ${project} is too long for the name of a project`;
  return mayCreate
    ? `you lack push on ${name}: ask a maintainer of project ${project}`
    : `you lack push on ${name}; if the project ${project} does not exist, you may not create it: ask an administrator`;
}

export function refusalOnProject(name: string, action: "see" | "administer"): string {
  const lacking = action === "see" ? "have no role in" : "are not a maintainer of";
  return `you ${lacking} project ${name}, or it does not exist`;
}

export const refusalOfSystem = "only a system administrator may do this";
