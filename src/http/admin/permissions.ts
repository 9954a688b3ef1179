// /me/permissions: what the caller may do in a repository and why not, so that nobody has to push to find out. Says no
// more than a pull or push would.
import { z } from "zod";
import { repositoryActions } from "../../../auth/access.ts";
import { OciError } from "../../oci/oci-error.ts";
import { parseRepositoryName } from "../../oci/repository-name.ts";
import { operation } from "./operation.ts";

const permissionsQuery = z.object({
  repository: z.string().max(255).describe("The repository's name; it need not exist."),
});

const permissionsSchema = z
  .strictObject({
    repository: z.string(),
    permissions: z.array(
      z.strictObject({
        action: z.enum(repositoryActions),
        allowed: z.boolean(),
        reason: z.string().nullable().describe("Why not."),
      }),
    ),
  })
  .meta({ id: "Permissions" });

export const getMyPermissions = operation({
  id: "getMyPermissions",
  summary: "Tells what the caller may do in a repository with these credentials, and why not.",
  query: permissionsQuery,
  answer: permissionsSchema,
  handle: async ({ gate }, { ctx, query }) => {
    const name = parseRepositoryName(query.repository);
    if (name === undefined) throw new OciError("nameInvalid");
    const decisions = repositoryActions.map(async (action) => {
      const decision = await gate.decisionOn(ctx, { kind: "repository", name, action });
      return { action, allowed: decision.allowed, reason: decision.allowed ? null : decision.reason };
    });
    return { repository: name, permissions: await Promise.all(decisions) };
  },
});
