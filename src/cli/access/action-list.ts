// `--allow pull,push`: what a robot or an access token may do.
import { InvalidArgumentError } from "commander";
import { repositoryActions } from "../../../auth/access.ts";

export const actionsHelp = `what it may do, of ${repositoryActions.join(", ")}, separated by commas`;

/** @throws InvalidArgumentError */
export function parseActions(text: string): string[] {
  const actions = text.split(",").map((action) => action.trim());
  const unknown = actions.filter((action) => !repositoryActions.some((known) => known === action));
  if (unknown.length === 0) return actions;
  throw new InvalidArgumentError(`Name one or more of ${repositoryActions.join(", ")}.`);
}
