// The keys of retention: which tags stay, and for how long what nothing tags does.
import { z } from "zod";

const glob = z.string().min(1).max(500);
/** Of policies and rules: they are told in answers, so that they have to be told apart there. */
const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^/+\s][^/+]*$/, "must not contain / or +");
const seconds = z.int().min(1).max(3_153_600_000);
const count = z.int().min(1).max(1_000_000);

const keepKeys = [
  "keepNewest",
  "keepPushedWithinSeconds",
  "keepPulledWithinSeconds",
  "keepVersions",
  "keepAll",
];

const rule = z
  .strictObject({
    name: name.describe("Is named as the reason for what it keeps."),
    tags: z
      .array(glob.describe("A pattern over tags, such as v*."))
      .min(1)
      .prefault(["*"])
      .describe("The tags that the rule is about."),
    except: z
      .array(glob.describe("A pattern over tags, such as *-rc*."))
      .prefault([])
      .describe("Tags that it is not about, though tags fits them."),
    keepNewest: count.optional().describe("Keeps so many of them, those that were pushed last."),
    keepPushedWithinSeconds: seconds
      .optional()
      .describe("Keeps those that were pushed within so many seconds."),
    keepPulledWithinSeconds: seconds
      .optional()
      .describe("Keeps those that were pulled, or pushed, within so many seconds."),
    keepVersions: count
      .optional()
      .describe("Keeps so many versions, the highest by semver.org, with or without v before them."),
    versionsOf: z
      .enum(["repository", "major", "minor"])
      .optional()
      .describe(
        "With keepVersions: so many of all, of each major, or of each minor version. Default: repository.",
      ),
    keepAll: z.literal(true).optional().describe("Keeps all of them."),
  })
  .check((context) => {
    const given = keepKeys.filter((key) => context.value[key as keyof typeof context.value] !== undefined);
    const fault = ruleFault(given, context.value.versionsOf !== undefined);
    if (fault !== undefined) context.issues.push({ code: "custom", message: fault, input: context.value });
  });

function ruleFault(given: readonly string[], hasVersionsOf: boolean): string | undefined {
  if (given.length !== 1) {
    return `must have one of ${keepKeys.join(", ")}, not ${given.length === 0 ? "none" : given.join(" and ")}`;
  }
  return hasVersionsOf && given[0] !== "keepVersions" ? "must have keepVersions for versionsOf" : undefined;
}

const policy = z
  .strictObject({
    name: name.describe("Is named as the reason for what none of its rules keeps."),
    repositories: z
      .array(glob.describe("A pattern over names of repositories: * stays within a component, ** does not."))
      .min(1)
      .describe("The repositories that the policy is about."),
    rules: z
      .array(rule.describe("One rule, with exactly one of the keys that begin with keep."))
      .prefault([])
      .describe("What one of them keeps stays, other tags are deleted. Without rules no tag is."),
    deleteUntaggedAfterSeconds: seconds
      .optional()
      .describe(
        "Manifests that nothing tags or needs go, when they were neither pushed nor pulled, nor lost a tag, within so many seconds. Default: they stay.",
      ),
  })
  .check((context) => {
    const message = repeatedName(context.value.rules);
    if (message !== undefined) context.issues.push({ code: "custom", message, input: context.value.rules });
  });

function repeatedName(named: readonly { readonly name: string }[]): string | undefined {
  const repeated = named.find(({ name }, index) => named.findIndex((other) => other.name === name) !== index);
  return repeated && `has two of the name ${repeated.name}`;
}

export const retention = z.strictObject({
  policies: z
    .array(policy.describe("One policy; what one of several for a repository keeps stays."))
    .prefault([])
    .check((context) => {
      const message = repeatedName(context.value);
      if (message !== undefined) context.issues.push({ code: "custom", message, input: context.value });
    })
    .describe("Which tags stay. A repository that no policy is about keeps everything."),
  everySeconds: z
    .int()
    .min(1)
    .max(604_800)
    .prefault(3600)
    .describe("How often the policies are applied. One process at a time does."),
  rowsPerSecond: z
    .int()
    .min(1)
    .max(1_000_000)
    .prefault(2000)
    .describe("How many tags and manifests are looked at in a second, at most."),
});
