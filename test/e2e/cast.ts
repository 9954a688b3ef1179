// The people of the files about accounts, and the two projects that they meet in.
import type { Login } from "../support/clients/token-login.ts";
import type { AccountsBerth } from "./accounts-process.ts";

export interface Cast {
  /** Developer of the private project `team` and of the public one `base`. */
  readonly maria: Login;
  /** Guest of `team`. */
  readonly gast: Login;
  /** Member of nothing, who may create projects. */
  readonly nora: Login;
  /** Member of nothing, who may not. */
  readonly otto: Login;
}

export async function addCast(accounts: AccountsBerth): Promise<Cast> {
  const maria = await accounts.addUser("maria");
  const gast = await accounts.addUser("gast", "--no-create-projects");
  const nora = await accounts.addUser("nora");
  const otto = await accounts.addUser("otto", "--no-create-projects");
  await accounts.command("project", "add", "team");
  await accounts.command("project", "add", "base", "--public");
  await accounts.command("project", "member", "set", "team", "gast", "--role", "guest");
  for (const project of ["team", "base"]) {
    await accounts.command("project", "member", "set", project, "maria", "--role", "developer");
  }
  return { maria, gast, nora, otto };
}
