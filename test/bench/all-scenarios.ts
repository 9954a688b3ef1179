// Every scenario, in the order of the table.
import type { Scenario } from "./scenario.ts";
import { blobLarge, blobsSmall, blobStreams } from "./scenarios/blob-reads.ts";
import { pushLarge, pushStreams } from "./scenarios/large-pushes.ts";
import { manifestLogged } from "./scenarios/manifest-logged.ts";
import { manifestReads } from "./scenarios/manifest-reads.ts";
import { manifestWithToken } from "./scenarios/manifest-with-token.ts";

import { noOpPush } from "./scenarios/no-op-push.ts";
import { manifestPuts, pushSmall } from "./scenarios/small-pushes.ts";

export const allScenarios: readonly Scenario[] = [
  ...manifestReads,
  manifestWithToken,
  manifestLogged,
  blobLarge,
  blobStreams,
  ...blobsSmall,
  pushLarge,
  pushStreams,
  pushSmall,
  ...manifestPuts,
  noOpPush,
];
