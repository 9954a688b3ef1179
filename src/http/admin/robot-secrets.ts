// /robots/:name/rotate and /robots/:name/secrets: two secrets are valid at a time, so that one can be exchanged while the
// other still works (REQ-55).
import { z } from "zod";
import type { SecretView } from "../../../auth/accounts/secret-view.ts";
import { optionalTimeOf, time, timeOf } from "./fields.ts";
import { operation } from "./operation.ts";
import { pageSchema, wholeList } from "./pages.ts";

const rotatedSecret = z
  .strictObject({ secret: z.string().describe("Shown this once.") })
  .meta({ id: "RotatedSecret" });

const robotSecretSchema = z
  .strictObject({
    id: z.string(),
    createdAt: time,
    lastUsedAt: time.nullable().describe("To the quarter of an hour."),
  })
  .meta({ id: "RobotSecret" });

export const rotateRobot = operation({
  id: "rotateRobot",
  summary: "Gives a robot one more secret, shown this once; of the older ones the newest stays valid.",
  answer: rotatedSecret,
  change: { action: "robot.rotate", target: ({ path }) => path("name") },
  handle: ({ robots }, { path }) => robots.rotate(path("name")),
});

export const listRobotSecrets = operation({
  id: "listRobotSecrets",
  summary: "Lists a robot's valid secrets, the newest first, without what they are.",
  answer: pageSchema("RobotSecretPage", robotSecretSchema),
  handle: async ({ robots }, { path }) =>
    wholeList((await robots.listSecrets(path("name"))).map(robotSecretAnswer)),
});

export const deleteRobotSecret = operation({
  id: "deleteRobotSecret",
  summary: "Makes one of a robot's secrets invalid.",
  change: { action: "robot.secret.delete", target: ({ path }) => `${path("name")} ${path("id")}` },
  handle: async ({ robots }, { path }) => {
    await robots.deleteSecret(path("name"), path("id"));
  },
});

function robotSecretAnswer({ id, createdAt, lastUsedAt }: SecretView): z.infer<typeof robotSecretSchema> {
  return { id, createdAt: timeOf(createdAt), lastUsedAt: optionalTimeOf(lastUsedAt) };
}
