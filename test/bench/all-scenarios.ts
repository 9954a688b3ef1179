// Every scenario, in the order of the table.
import type { Scenario } from "./scenario.ts";
import { blobOffload } from "./scenarios/blob-offload.ts";
import { blobLarge, blobsSmall, blobStreams } from "./scenarios/blob-reads.ts";
import { pushLarge, pushStreams } from "./scenarios/large-pushes.ts";
import { manifestLogged } from "./scenarios/manifest-logged.ts";
import { manifestReads } from "./scenarios/manifest-reads.ts";
import { manifestWithToken } from "./scenarios/manifest-with-token.ts";

import { coldStart } from "./scenarios/cold-start.ts";
import { collectionPause, garbageFound } from "./scenarios/collection.ts";
import { idleConnections } from "./scenarios/idle-connections.ts";
import { catalogPages, tagPages } from "./scenarios/pages.ts";
import { workersBlob, workersManifest } from "./scenarios/workers.ts";
import { noOpPush } from "./scenarios/no-op-push.ts";
import { manifestPuts, pushSmall } from "./scenarios/small-pushes.ts";

export const allScenarios: readonly Scenario[] = [
  ...manifestReads,
  manifestWithToken,
  manifestLogged,
  blobLarge,
  blobStreams,
  blobOffload,
  ...blobsSmall,
  pushLarge,
  pushStreams,
  pushSmall,
  ...manifestPuts,
  noOpPush,
  catalogPages,
  tagPages,
  garbageFound,
  collectionPause,
  coldStart,
  idleConnections,
  workersManifest,
  workersBlob,
];
