// Access tokens of a user: /users/:name/tokens for system administrators, /me/tokens for everyone's own. The secret is in
// the answer that creates one, and nowhere else.
import { z } from "zod";
import type { SecretView } from "../../../auth/accounts/secret-view.ts";
import type { AdminParts } from "./admin-parts.ts";
import { actionList, expiry, expiryIn, optionalTimeOf, time, timeOf } from "./fields.ts";
import { operation, type Call, type Operation } from "./operation.ts";
import { pageSchema, wholeList } from "./pages.ts";
import { signedInUser } from "./signed-in-user.ts";

const newAccessToken = z
  .strictObject({
    label: z.string().describe("What it is for, in up to 100 characters."),
    actions: actionList.optional().describe("Without it: all that the user may do."),
    expiresAt: expiry,
  })
  .meta({ id: "NewAccessToken" });

const accessTokenSchema = z
  .strictObject({
    id: z.string(),
    label: z.string(),
    actions: actionList.nullable().describe("null: all that the user may do."),
    createdAt: time,
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().describe("To the quarter of an hour."),
  })
  .meta({ id: "AccessToken" });

const createdAccessToken = accessTokenSchema
  .extend({ secret: z.string().describe("Shown this once.") })
  .meta({ id: "CreatedAccessToken" });

const accessTokenPage = pageSchema("AccessTokenPage", accessTokenSchema);

type WhoseCall = Pick<Call<unknown, unknown>, "ctx" | "path">;

interface Whose {
  /** `User` or `My`, in the operations' ids. */
  readonly prefix: string;
  readonly owner: string;
  readonly name: (call: WhoseCall, parts: AdminParts) => string;
  /** The path of the list, under /api/v1. */
  readonly address: (call: WhoseCall) => string;
}

function accessTokensOf(whose: Whose): Record<"list" | "create" | "revoke", Operation> {
  return {
    list: operation({
      id: `list${whose.prefix}Tokens`,
      summary: `Lists ${whose.owner} access tokens, the newest first.`,
      answer: accessTokenPage,
      handle: async (parts, call) => {
        const tokens = await parts.personalTokens.list(whose.name(call, parts));
        return wholeList(tokens.map(accessTokenAnswer));
      },
    }),
    create: operation({
      id: `create${whose.prefix}Token`,
      summary: `Creates one of ${whose.owner} access tokens. The secret is shown this once.`,
      body: newAccessToken,
      answer: createdAccessToken,
      location: ({ id }, call) => `${whose.address(call)}/${id}`,
      change: { action: "token.create", target: whose.name },
      handle: async (parts, call) => {
        const { label, actions, expiresAt } = call.body;
        const wanted = { label, actions, expiresAt: expiryIn(expiresAt) ?? undefined };
        const { token, secret } = await parts.personalTokens.create(whose.name(call, parts), wanted);
        return { ...accessTokenAnswer(token), secret };
      },
    }),
    revoke: operation({
      id: `revoke${whose.prefix}Token`,
      summary: `Revokes one of ${whose.owner} access tokens.`,
      change: {
        action: "token.revoke",
        target: (call, parts) => `${whose.name(call, parts)} ${call.path("id")}`,
      },
      handle: async (parts, call) => {
        await parts.personalTokens.revoke(whose.name(call, parts), call.path("id"));
      },
    }),
  };
}

export const userTokens = accessTokensOf({
  prefix: "User",
  owner: "a user's",
  name: ({ path }) => path("name"),
  address: ({ path }) => `/users/${path("name")}/tokens`,
});

export const myTokens = accessTokensOf({
  prefix: "My",
  owner: "one's own",
  name: ({ ctx }, parts) => signedInUser(parts, ctx).name,
  address: () => "/me/tokens",
});

function accessTokenAnswer(token: SecretView): z.infer<typeof accessTokenSchema> {
  const { id, label, actions, createdAt, expiresAt, lastUsedAt } = token;
  return {
    ...{ id, label },
    actions: actions === undefined ? null : [...actions],
    createdAt: timeOf(createdAt),
    expiresAt: optionalTimeOf(expiresAt),
    lastUsedAt: optionalTimeOf(lastUsedAt),
  };
}
