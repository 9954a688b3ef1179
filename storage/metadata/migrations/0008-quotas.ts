// How much a project may hold. Only an addition: a program of an older schema writes on, and past it.
import type { Migration } from "./migration.ts";

const sqlite = `
-- NULL is no limit
ALTER TABLE projects ADD COLUMN max_bytes INTEGER;
`;

export const quotas: Migration = {
  version: 8,
  name: "quotas of projects",
  readableBy: 1,
  sql: { sqlite },
};
