// What somebody may see, as a condition inside a statement: a page that was filtered afterwards would come out too
// short, and would tell by its length what there is to hide.
import type { Visibility } from "../access-store.ts";
import type { SqlValue } from "../statement.ts";
import { parameterList } from "./row-lists.ts";

export interface VisibilityColumns {
  /** A repository's project, empty for a name of a single segment; in the table of projects its name. */
  readonly projectColumn: string;
  /** A repository's name. Without it nothing is visible by being a repository that is named. */
  readonly nameColumn?: string;
  /** The number of the first parameter that is free. */
  readonly first: number;
}

export interface Condition {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/** SQLite takes 32,766 parameters; some stay free for the statement around the condition. */
const maxListed = 32_000;

/**
 * A condition for a WHERE clause.
 * @throws Error when somebody sees so many projects or repositories that no statement can list them
 */
export function visibilityCondition(visibility: Visibility, columns: VisibilityColumns): Condition {
  const { projectColumn, nameColumn, first } = columns;
  switch (visibility.kind) {
    case "all":
      return { sql: "1 = 1", parameters: [] };
    case "repositories":
      return nameColumn === undefined ? nothing : isAmong(nameColumn, visibility.names, first);
    case "projects": {
      const { projects, defaultProject } = visibility;
      // What has no project by its name is seen by whoever sees the default one.
      const named = isAmong(
        projectColumn,
        projects.includes(defaultProject) ? [...projects, ""] : projects,
        first + 1,
      );
      return {
        sql: `(${named.sql}
          OR ${projectColumn} IN (SELECT shown.name FROM projects shown WHERE shown.public = 1)
          OR (${projectColumn} = ''
              AND EXISTS (SELECT 1 FROM projects shown WHERE shown.name = $${first} AND shown.public = 1)))`,
        parameters: [defaultProject, ...named.parameters],
      };
    }
  }
}

const nothing: Condition = { sql: "1 = 0", parameters: [] };

/** The list is filled up to a power of two with its last value: few texts differ, so that they stay prepared. */
function isAmong(column: string, values: readonly string[], first: number): Condition {
  const last = values.at(-1);
  if (last === undefined) return nothing;
  if (values.length > maxListed) throw new Error(`${values.length} names are too many for one statement`);
  const length = Math.min(2 ** Math.ceil(Math.log2(values.length)), maxListed);
  const parameters = Array.from({ length }, (_, index) => values[index] ?? last);
  return { sql: `${column} IN (${parameterList(length, first)})`, parameters };
}
