// Every step of the schema, in order. A new step is a new file and a new line; old ones never change.
import { initialSchema } from "./0001-initial-schema.ts";
import { access } from "./0002-access.ts";
import { blobCopies } from "./0003-blob-copies.ts";
import { cachedContent } from "./0004-cached-content.ts";
import { garbage } from "./0005-garbage.ts";
import { tagEvents } from "./0006-tag-events.ts";
import { retention } from "./0007-retention.ts";
import { quotas } from "./0008-quotas.ts";
import { damagedManifests } from "./0009-damaged-manifests.ts";
import type { Migration } from "./migration.ts";

export const migrations: readonly Migration[] = [
  initialSchema,
  access,
  blobCopies,
  cachedContent,
  garbage,
  tagEvents,
  retention,
  quotas,
  damagedManifests,
];
