// A group as commands print it.
import type { GroupRecord } from "../../../storage/metadata/access-records.ts";
import { timeOf, type Document } from "../output/document.ts";

export function groupDocument({ name, description, createdAt }: GroupRecord): Document {
  return { name, description, createdAt: timeOf(createdAt) };
}
