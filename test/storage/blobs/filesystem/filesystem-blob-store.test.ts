import { describeBlobStore } from "../../../contracts/blob-store.ts";
import { describeUploadSession } from "../../../contracts/upload-session.ts";
import { filesystem } from "./store-directory.ts";

describeBlobStore("FilesystemBlobStore", filesystem);
describeUploadSession("FilesystemBlobStore", filesystem);
