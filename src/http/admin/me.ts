// /me: who the caller is here, and the caller's own password. Access tokens of one's own are in access-tokens.ts.
import { z } from "zod";
import { beginsLikeSecret } from "../../../auth/accounts/secrets.ts";
import type { AccountHolder, Principal } from "../../../auth/principal.ts";
import { principalName } from "../../../auth/principal.ts";
import { OciError } from "../../oci/oci-error.ts";
import type { AdminParts } from "./admin-parts.ts";
import { roleSchema } from "./members.ts";
import { operation } from "./operation.ts";
import { robotAnswer, robotSchema } from "./robots.ts";
import { signedInUser } from "./signed-in-user.ts";
import { userAnswer, userSchema } from "./users.ts";
import { secretText } from "./visible-fields.ts";

const roles = z
  .array(z.strictObject({ project: z.string(), role: roleSchema }))
  .describe("The highest in each project, by oneself or by a group.");

const meSchema = z
  .discriminatedUnion("kind", [
    userSchema.extend({ kind: z.literal("user"), groups: z.array(z.string()), roles }),
    robotSchema.extend({ kind: z.literal("robot") }),
    z.strictObject({ kind: z.enum(["anonymous", "external"]), name: z.string() }),
  ])
  .meta({ id: "Me" });

const passwordChange = z
  .strictObject({
    currentPassword: secretText("The password that counts now; no access token."),
    newPassword: secretText("8 to 256 characters."),
  })
  .meta({ id: "PasswordChange" });

export const getMe = operation({
  id: "getMe",
  summary: "Tells who the caller is, with groups and roles.",
  answer: meSchema,
  handle: async (parts, { ctx }) => describeCaller(parts, parts.gate.callerOf(ctx).principal),
});

async function describeCaller(parts: AdminParts, principal: Principal): Promise<z.infer<typeof meSchema>> {
  switch (principal.kind) {
    case "user": {
      const { accounts, groups } = parts.access;
      return {
        ...userAnswer(await parts.users.get(principal.name)),
        kind: "user",
        groups: [...(await groups.groupsOf(principal.id))],
        roles: [...(await accounts.rolesOf(principal.id))],
      };
    }
    case "robot":
      return { ...robotAnswer(await parts.robots.get(principal.name)), kind: "robot" };
    case "anonymous":
    case "external":
      return { kind: principal.kind, name: principalName(principal) };
  }
}

export const setMyPassword = operation({
  id: "setMyPassword",
  summary: "Exchanges one's own password; logins that the old one led to end.",
  body: passwordChange,
  change: { action: "user.password", target: ({ ctx }, parts) => signedInUser(parts, ctx).name },
  handle: async (parts, { ctx, body: { currentPassword, newPassword } }) => {
    const user = signedInUser(parts, ctx);
    await proveIdentity(parts, user, currentPassword, parts.origin.clientAddress(ctx.req));
    // Of somebody in the htpasswd file it would count on the day when the line is removed to keep them out.
    if (!(await parts.users.get(user.name)).hasPassword) {
      throw new OciError("denied", {
        detail: { reason: "your password is kept elsewhere: change it there" },
      });
    }
    await parts.users.setPassword(user.name, newPassword);
  },
});

/** Stolen credentials, or a browser left alone, shall not be enough to lock the owner out. */
async function proveIdentity(
  { authenticator }: AdminParts,
  { id, name }: AccountHolder,
  password: string,
  address: string,
): Promise<void> {
  if (!beginsLikeSecret(password)) {
    const result = await authenticator.authenticate({ kind: "basic", name, secret: password }, { address });
    if (result.outcome === "later") {
      throw new OciError("tooManyAttempts", { headers: { "retry-after": String(result.retryAfterSeconds) } });
    }
    const proven = result.outcome === "accepted" ? result.caller.principal : undefined;
    if (proven?.kind === "user" && proven.id === id) return;
  }
  throw new OciError("denied", { detail: { reason: "the current password is not right" } });
}
