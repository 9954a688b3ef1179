// What expired goes, in steps that leave turns to others, and nothing else does.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ExpiredAccess } from "../../../src/jobs/expired-access.ts";
import type { AuditRecord } from "../../../storage/metadata/access-records.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { labelsOf, secretOf, userOf } from "../../contracts/metadata-store-access-fixture.ts";

const day = 86_400_000;
const now = 1000 * day;
const settings = { everySeconds: 3600, auditSeconds: (90 * day) / 1000, now: () => now };
const running = new AbortController().signal;

function entryAt(at: number): AuditRecord {
  const who = { actor: "ann", action: "login", target: "ann", detail: "", outcome: "allowed" } as const;
  return { ...who, at, address: undefined, requestId: undefined };
}

describe("expired access", () => {
  let metadata: MetadataStore;
  let job: ExpiredAccess;
  beforeEach(async () => {
    metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
    job = new ExpiredAccess({ metadata, ...settings });
    await metadata.access.accounts.create(userOf("ann"));
  });
  afterEach(() => metadata.close());

  const addSecret = (label: string, expiresAt: number | undefined, owner = "ann") =>
    metadata.access.secrets.add(secretOf(owner, label, { expiresAt }), 100);
  const addKey = async (kid: string, expiresAt: number) => {
    const [newest] = await metadata.access.signingKeys.list();
    const key = { kid, algorithm: "ES256", privateKey: "", createdAt: 1, expiresAt } as const;
    await metadata.access.signingKeys.add(key, newest?.kid);
  };
  const kids = async () => (await metadata.access.signingKeys.list()).map(({ kid }) => kid);
  const entryTimes = async () =>
    (await metadata.access.audit.list({ limit: 10_000 })).entries.map(({ at }) => at);

  it("goes from secrets, keys and the trail, and what is still good stays", async () => {
    await addSecret("endless", undefined);
    await addSecret("good", now + 1);
    await addSecret("expired", now - 1);
    await addKey("expired", now);
    await addKey("good", now + 1);
    await metadata.access.audit.append([now - 91 * day, now - 90 * day, now].map(entryAt));
    await job.run(running);
    expect(new Set(await labelsOf(metadata, "ann"))).toEqual(new Set(["endless", "good"]));
    expect(await kids()).toEqual(["good"]);
    expect(await entryTimes()).toEqual([now, now - 90 * day]);
  });

  it("goes by the thousands in one run", async () => {
    await metadata.access.audit.append(Array.from({ length: 1000 }, () => entryAt(1)));
    const users = Array.from({ length: 30 }, (_, index) => `user ${index}`);
    for (const user of users) {
      await metadata.access.accounts.create(userOf(user));
      for (let n = 0; n < 40; n++) await addSecret(`${user} ${n}`, now - 1, user);
    }
    await job.run(running);
    for (const user of users) expect(await labelsOf(metadata, user)).toEqual([]);
    expect(await entryTimes()).toEqual([]);
  });

  it("is left for the next time when the process is on its way out", async () => {
    await addSecret("expired", now - 1);
    await addKey("expired", now);
    await metadata.access.audit.append([entryAt(1)]);
    await job.run(AbortSignal.abort());
    expect(await labelsOf(metadata, "ann")).toEqual(["expired"]);
    expect(await kids()).toEqual(["expired"]);
    expect(await entryTimes()).toHaveLength(1);
  });

  it("goes in steps, and ends between two of them when the process is told to go", async () => {
    await metadata.access.audit.append(Array.from({ length: 1200 }, () => entryAt(1)));
    const stop = new AbortController();
    const { access } = metadata;
    const prune: typeof access.audit.prune = async (before, limit) => {
      stop.abort();
      return access.audit.prune(before, limit);
    };
    const stopping: MetadataStore = {
      ...metadata,
      access: {
        ...access,
        ...{
          audit: { ...access.audit, prune },
          revision: () => access.revision(),
          changes: () => access.changes(),
        },
      },
      ping: () => metadata.ping(),
      close: () => metadata.close(),
    };
    job = new ExpiredAccess({ metadata: stopping, ...settings });
    await job.run(stop.signal);
    expect(await entryTimes()).toHaveLength(700);
  });
});
