// Since when a manifest is known not to have the bytes of its digest. To a program of an older schema it has them still, as
// it had before anybody looked.
import type { Migration } from "./migration.ts";

export const damagedManifests: Migration = {
  version: 9,
  name: "damaged manifests",
  readableBy: 1,
  sql: { sqlite: "ALTER TABLE manifests ADD COLUMN damaged_at INTEGER;" },
};
