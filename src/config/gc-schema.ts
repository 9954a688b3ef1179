// The keys of the collector, which removes what nobody needs any more.
import { z } from "zod";

export const gc = z.strictObject({
  graceSeconds: z
    .int()
    .min(1)
    .max(315_360_000)
    .prefault(86_400)
    .describe(
      "How long content stays that nothing needs any more: after its last tag was deleted, or after it was pushed without being named by a manifest. Keep it above the time that the longest push takes.",
    ),
  everySeconds: z
    .int()
    .min(1)
    .max(86_400)
    .prefault(60)
    .describe(
      "How often the collector looks whether there is something to remove. One process at a time does.",
    ),
  rowsPerSecond: z
    .int()
    .min(1)
    .max(1_000_000)
    .prefault(2000)
    .describe(
      "How many manifests and blobs the collector looks at in a second, at most; it rests for at least as long as it works.",
    ),
});
