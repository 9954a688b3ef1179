import type { Backend } from "../../contracts/blob-store-under-test.ts";
import { describeBlobStore } from "../../contracts/blob-store.ts";
import { describeUploadSession } from "../../contracts/upload-session.ts";
import { MemoryBlobStore } from "../../../storage/blobs/memory-blob-store.ts";

const memory: Backend = {
  persistent: false,
  open: async () => ({
    store: new MemoryBlobStore(),
    reopen: async () => Promise.reject(new Error("memory does not survive")),
    leftovers: async () => [],
    remove: async () => undefined,
  }),
};

describeBlobStore("MemoryBlobStore", memory);
describeUploadSession("MemoryBlobStore", memory);
