// A project, and its members, as commands print them.
import type { MemberRecord, ProjectRecord } from "../../../storage/metadata/access-records.ts";
import { timeOf, type Document } from "../output/document.ts";
import { kindWord } from "./member-kind.ts";

export function projectDocument(project: ProjectRecord): Document {
  const { name, description, createdAt } = project;
  return { name, public: project.public, description, createdAt: timeOf(createdAt) };
}

export function memberDocument({ kind, name, role }: MemberRecord): Document {
  return { kind: kindWord(kind), name, role };
}
