// The keys under `auth`: who may do what. Apart from the rest because each mode has a section of its own.
import { z } from "zod";

const path = z.string().min(1);
const day = 86_400;

/** What stands between quotes in a challenge, and in the claims of every token. */
const quotable = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must be visible ASCII without quotes");

const accounts = z.strictObject({
  defaultProject: z
    .string()
    .max(128)
    .regex(/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/, "must be a lower-case path component")
    .prefault("library")
    .describe(
      "Project of the repositories whose name has a single segment. Of every other repository the first segment is the project.",
    ),
  tokenSeconds: z
    .int()
    .min(60)
    .max(day)
    .prefault(300)
    .describe(
      "How long a token from /token is valid. Uploads that have begun may be finished with an older one.",
    ),
  refreshSeconds: z
    .int()
    .min(60)
    .max(3650 * day)
    .prefault(90 * day)
    .describe(
      "How long a client that logged in with a password can fetch tokens without it (docker stores this instead of the password).",
    ),
  signing: z
    .enum(["ES256", "RS256"])
    .prefault("ES256")
    .describe("Algorithm of the keys that sign tokens. Berth makes and rotates them itself."),
  keyRotationSeconds: z
    .int()
    .min(60)
    .max(3650 * day)
    .prefault(30 * day)
    .describe("Age at which a signing key is replaced. What it signed stays valid until it expires."),
  issuer: quotable.prefault("berth").describe("The issuer that tokens name."),
  service: quotable.prefault("berth").describe("The service that challenges and tokens name."),
  htpasswd: path
    .optional()
    .describe(
      "A file of user:bcrypt lines, as `htpasswd -B` writes them, read again whenever it changes. Its users get an account at their first login; its password counts instead of the account's own.",
    ),
  auditSeconds: z
    .int()
    .min(60)
    .max(3650 * day)
    .prefault(90 * day)
    .describe("How long entries of the audit trail are kept."),
});

const token = z
  .strictObject({
    realm: z
      .url({ protocol: /^https?$/ })
      .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must not hold quotes or spaces")
      .describe("URL of the token server, to which clients are sent."),
    service: quotable.describe("The service that the token server knows Berth by; a token's audience."),
    issuer: quotable.describe("The issuer that tokens must name."),
    rootCertBundle: path
      .optional()
      .describe(
        "PEM file with the certificates or public keys that sign tokens, or that signed the certificates which do.",
      ),
    jwks: z
      .string()
      .min(1)
      .optional()
      .describe(
        "JSON Web Key Set with the keys that sign tokens: a file, or a URL, which is read again every ten minutes and when a token names a key that is not in it.",
      ),
    signingAlgorithms: z
      .array(
        z
          .enum(["ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
          .describe("One algorithm."),
      )
      .min(1)
      .optional()
      .describe("Algorithms that a token may be signed with. Default: all of these."),
  })
  .refine(({ rootCertBundle, jwks }) => rootCertBundle !== undefined || jwks !== undefined, {
    message: "must have rootCertBundle or jwks: without a key no token can be verified",
  });

export const authModes = ["open", "accounts", "token"] as const;

export const authSchema = z.strictObject({
  mode: z
    .enum(authModes)
    .optional()
    .describe(
      "Who may do what. open: anyone who reaches the port may pull, push and delete. accounts: users, robots and projects that Berth keeps; the first start makes the user admin. token: tokens of another token server (auth.token). When not set: open on a loopback address, accounts on any other.",
    ),
  accounts: accounts.prefault({}).describe("With mode accounts: projects, tokens and logins."),
  token: token
    .optional()
    .describe(
      "With mode token: the token server of others, with the same settings as auth.token of CNCF Distribution.",
    ),
});
