// The suite's own test: through a proxy with one single fault, exactly the checks that are about it go red.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chooseChecks } from "../../conformance/run-conformance.ts";
import { blobMutations } from "./blob-mutations.ts";
import { deleteMutations } from "./delete-mutations.ts";
import { listMutations } from "./list-mutations.ts";
import { manifestPullMutations } from "./manifest-pull-mutations.ts";
import { manifestPushMutations } from "./manifest-push-mutations.ts";
import { provoke } from "./provoke.ts";
import { startRegistry, type StartedRegistry } from "../support/start-registry.ts";
import { referrerMutations } from "./referrer-mutations.ts";
import { sessionMutations } from "./session-mutations.ts";
import { shapeMutations } from "./shape-mutations.ts";
import { uploadMutations } from "./upload-mutations.ts";

const mutations = [
  ...blobMutations,
  ...uploadMutations,
  ...sessionMutations,
  ...manifestPullMutations,
  ...manifestPushMutations,
  ...shapeMutations,
  ...listMutations,
  ...referrerMutations,
  ...deleteMutations,
];

let registry: StartedRegistry;

beforeAll(async () => {
  registry = await startRegistry();
});

afterAll(() => registry.close());

describe.for(mutations)("$group: $name", (mutation) => {
  test(`turns red ${mutation.red.join(", ")}`, async () => {
    const { red, changed } = await provoke(registry.url, mutation);
    expect(red).toEqual(mutation.red.toSorted());
    expect(changed).toBeGreaterThan(0);
  });
});

test("every check of the suite is turned red by at least one of the faults", () => {
  const red = new Set(mutations.flatMap((mutation) => mutation.red));
  const never = chooseChecks([]).filter(({ id }) => !red.has(id));
  expect(never.map(({ id }) => id)).toEqual([]);
});
