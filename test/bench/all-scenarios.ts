// Every scenario, in the order of the table.
import type { Scenario } from "./scenario.ts";
import { manifestLogged } from "./scenarios/manifest-logged.ts";
import { manifestReads } from "./scenarios/manifest-reads.ts";
import { manifestWithToken } from "./scenarios/manifest-with-token.ts";

export const allScenarios: readonly Scenario[] = [...manifestReads, manifestWithToken, manifestLogged];
