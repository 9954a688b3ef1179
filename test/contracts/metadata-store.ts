// Holds an implementation of MetadataStore to the sentences of its interface. Each part has a file of its own.
import { afterEach, beforeEach, describe, test } from "vitest";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import { accessRacesContract } from "./metadata-store-access-races.ts";
import { accountsContract } from "./metadata-store-accounts.ts";
import { auditContract } from "./metadata-store-audit.ts";
import { blobLinksContract } from "./metadata-store-blob-links.ts";
import { discardedObjectsContract } from "./metadata-store-discarded-objects.ts";
import type { TestDatabase } from "./metadata-store-fixture.ts";
import { garbageStoreContract } from "./garbage-store.ts";
import { groupsContract } from "./metadata-store-groups.ts";
import { integrityStoreContract } from "./integrity-store.ts";
import { jobLeasesContract } from "./metadata-store-job-leases.ts";
import { manifestCommitContract } from "./metadata-store-manifest-commit.ts";
import { manifestsContract } from "./metadata-store-manifests.ts";
import { membersContract } from "./metadata-store-members.ts";
import { projectsContract } from "./metadata-store-projects.ts";
import { racesContract } from "./metadata-store-races.ts";
import { repositoriesContract } from "./metadata-store-repositories.ts";
import { secretsContract } from "./metadata-store-secrets.ts";
import { retentionStoreContract } from "./retention-store.ts";
import { signingKeysContract } from "./metadata-store-signing-keys.ts";
import { storedBlobsContract } from "./metadata-store-stored-blobs.ts";
import { tagsContract } from "./metadata-store-tags.ts";
import { tagHistoryContract } from "./tag-history-store.ts";
import { uploadsContract } from "./metadata-store-uploads.ts";
import { mirrorStoreContract } from "./mirror-store.ts";

export function metadataStoreContract(name: string, makeDatabase: () => Promise<TestDatabase>): void {
  describe(`the metadata store: ${name}`, () => {
    let database: TestDatabase;
    let opened: MetadataStore;

    beforeEach(async () => {
      database = await makeDatabase();
      opened = await database.open();
    });
    afterEach(async () => {
      await opened.close();
      await database.dispose();
    });

    const store = () => opened;
    test("answers a ping", () => opened.ping());
    repositoriesContract(store);
    manifestCommitContract(store);
    manifestsContract(store);
    tagsContract(store);
    blobLinksContract(store);
    uploadsContract(store);
    discardedObjectsContract(store);
    jobLeasesContract(store);
    storedBlobsContract(store);
    integrityStoreContract(store);
    racesContract(store);
    accountsContract(store);
    secretsContract(store);
    projectsContract(store);
    membersContract(store);
    groupsContract(store);
    signingKeysContract(store);
    auditContract(store);
    accessRacesContract(store);
    mirrorStoreContract(store);
    garbageStoreContract(store);
    retentionStoreContract(store);
    tagHistoryContract(store);
  });
}
