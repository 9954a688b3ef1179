import { describeBlobStore } from "../../../contracts/blob-store.ts";
import { describeUploadSession } from "../../../contracts/upload-session.ts";
import { s3Endpoints } from "../../../support/s3/s3-endpoint.ts";
import { s3Backend } from "./bucket-under-test.ts";

for (const endpoint of s3Endpoints()) {
  const name = `S3BlobStore on ${endpoint.name}`;
  describeBlobStore(name, s3Backend(endpoint));
  describeUploadSession(name, s3Backend(endpoint));
}
