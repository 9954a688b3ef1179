// A project, and its members, as commands print them.
import type { MemberRecord, ProjectRecord } from "../../../storage/metadata/access-records.ts";
import { timeOf, type Document } from "../output/document.ts";
import { kindWord } from "./member-kind.ts";

/** @param usedBytes what it holds, where somebody wants to know */
export function projectDocument(project: ProjectRecord, usedBytes?: number): Document {
  const { name, description, createdAt, maxBytes } = project;
  const used = usedBytes === undefined ? {} : { usedBytes };
  return { name, public: project.public, description, createdAt: timeOf(createdAt), ...used, maxBytes };
}

export function memberDocument({ kind, name, role }: MemberRecord): Document {
  return { kind: kindWord(kind), name, role };
}
