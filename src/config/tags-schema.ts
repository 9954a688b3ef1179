// The keys about tags that were pushed.
import { z } from "zod";

const glob = z.string().min(1).max(255);

const rule = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/)
    .describe("What a refusal names; up to 64 letters, digits, spaces and . _ -."),
  repositories: z
    .array(glob.describe("A pattern such as team/*: * stays within a component, ** does not."))
    .min(1)
    .describe("Repositories that the rule is about."),
  tags: z
    .array(glob.describe("A pattern such as v*."))
    .min(1)
    .describe("Tags that nobody may move or delete once they are pushed."),
  except: z
    .array(glob.describe("A pattern as in tags."))
    .prefault([])
    .describe("Tags that may move, although tags has them."),
});

export const tags = z.strictObject({
  immutable: z
    .array(rule.describe("One rule; the first that fits a tag is named."))
    .prefault([])
    .describe(
      "Tags that stay what they are: pushing the same image again succeeds, another one is refused, and so is deleting. Cached tags of upstreams follow their upstream all the same.",
    ),
});
