// The members of a project to the last: two commands print them.
import type { OpenAccess } from "../../assembly/access-services.ts";
import type { MemberRecord } from "../../../storage/metadata/access-records.ts";
import { allPages } from "../access/all-pages.ts";

/** @throws AccessError `unknown` */
export function allMembers({ projects }: OpenAccess, project: string): Promise<MemberRecord[]> {
  return allPages(
    (page) => projects.listMembers(project, page),
    ({ kind, name }) => `${kind}:${name}`,
  );
}
