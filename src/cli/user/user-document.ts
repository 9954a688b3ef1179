// A user as commands print it.
import type { UserView } from "../../../auth/accounts/account-view.ts";
import { timeOf, type Document } from "../output/document.ts";

export function userDocument(user: UserView): Document {
  const { name, systemAdmin, mayCreateProjects, disabled, hasPassword, description, createdAt } = user;
  return {
    name,
    systemAdmin,
    mayCreateProjects,
    disabled,
    hasPassword,
    description,
    createdAt: timeOf(createdAt),
  };
}
