// Keys of a bucket that only make sense together, or apart.
import { describe, expect, it } from "vitest";
import { s3 } from "../../../src/config/s3-schema.ts";
import { s3Options } from "../../../src/config/s3-store-options.ts";

const keys = { accessKeyId: "AKIA", secretAccessKey: "secret" };
const kms = { serverSideEncryption: "aws:kms", kmsKeyId: "key-1" };

describe("storage.blobs.s3", () => {
  it.each([
    ["an access key without its secret", { accessKeyId: "AKIA" }, "both of accessKeyId and secretAccessKey"],
    ["a secret without its access key", { secretAccessKey: "s" }, "both of accessKeyId and secretAccessKey"],
    ["keys and a file of keys", { ...keys, credentialsFile: "/keys.json" }, "not both"],
    ["a KMS key without KMS", { kmsKeyId: "key-1" }, "serverSideEncryption: aws:kms"],
    ["a KMS key with AES256", { ...kms, serverSideEncryption: "AES256" }, "serverSideEncryption: aws:kms"],
    ["a prefix without its slash", { prefix: "berth" }, "must be empty, or end in /"],
    ["parts that S3 does not take", { partBytes: 1024 }, "5242880"],
  ])("refuses %s", (_, settings, reason) => {
    const result = s3.safeParse({ bucket: "berth", ...settings });
    expect(result.error?.issues.map(({ message }) => message).join()).toContain(reason);
  });

  it.each([
    [{}, { credentials: { kind: "chain" }, serverSideEncryption: undefined }],
    [keys, { credentials: { kind: "static", ...keys } }],
    [{ credentialsFile: "/keys.json" }, { credentials: { kind: "file", path: "/keys.json" } }],
    [kms, { serverSideEncryption: { algorithm: "aws:kms", keyId: "key-1" } }],
    [{ serverSideEncryption: "AES256" }, { serverSideEncryption: { algorithm: "AES256" } }],
  ])("makes of %o what the store wants", (settings, wanted) => {
    const parsed = s3.parse({ bucket: "berth", ...settings });
    expect(s3Options({ ...parsed, spoolDirectory: "/spool" })).toMatchObject(wanted);
  });
});
