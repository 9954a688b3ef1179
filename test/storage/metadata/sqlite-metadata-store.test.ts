// The contract, over everything that SQLite can be here.
import { metadataStoreContract } from "../../contracts/metadata-store.ts";
import { fileDatabase, memoryDatabase } from "./sqlite-databases.ts";

metadataStoreContract("a SQLite file", () => fileDatabase());
metadataStoreContract("a SQLite file without group commit, one turn per statement", () =>
  fileDatabase({ grouping: false, turnMilliseconds: 0 }),
);
metadataStoreContract("SQLite in memory", memoryDatabase);
