// The keys of the scrub, which reads all blobs again and again to find what a disk forgot.
import { z } from "zod";

export const scrub = z.strictObject({
  enabled: z
    .boolean()
    .optional()
    .describe(
      "Whether stored blobs are read in the background and compared with their digests. Default: true for a directory, false for a bucket, which checks its bytes itself and may charge for reading.",
    ),
  bytesPerSecond: z
    .int()
    .min(65_536)
    .max(10_737_418_240)
    .prefault(10_485_760)
    .describe("How much of them is read in a second, at most, by all processes together."),
  everyDays: z
    .int()
    .min(1)
    .max(3650)
    .prefault(30)
    .describe(
      "How often all of them are read: from the beginning of one pass to that of the next. A pass that takes longer is followed by the next at once.",
    ),
});
