// `--disable` and `--enable` of users and robots.
import { Option, type Command } from "commander";

export type EnablingOptions = { readonly disable?: boolean; readonly enable?: boolean };

export function withEnabling(command: Command): Command {
  const disable = new Option("--disable", "no login is accepted, and tokens end within seconds");
  return command.addOption(disable.conflicts("enable")).option("--enable", "logins are accepted again");
}

/** undefined when nothing was said. */
export function disabledOf({ disable, enable }: EnablingOptions): boolean | undefined {
  if (disable === true) return true;
  return enable === true ? false : undefined;
}
