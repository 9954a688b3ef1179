// Keys of a bucket that only make sense together, or apart.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/config/config-error.ts";
import { s3 } from "../../../src/config/s3-schema.ts";
import { s3Options } from "../../../src/config/s3-store-options.ts";

const keys = { accessKeyId: "AKIA", secretAccessKey: "secret" };
const kms = { serverSideEncryption: "aws:kms", kmsKeyId: "key-1" };

const folder = mkdtempSync(join(tmpdir(), "berth-s3-schema-"));
afterAll(() => rmSync(folder, { recursive: true }));
const pem = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe("storage.blobs.s3", () => {
  it.each([
    ["an access key without its secret", { accessKeyId: "AKIA" }, "both of accessKeyId and secretAccessKey"],
    ["a secret without its access key", { secretAccessKey: "s" }, "both of accessKeyId and secretAccessKey"],
    ["keys and a file of keys", { ...keys, credentialsFile: "/keys.json" }, "not both"],
    ["a KMS key without KMS", { kmsKeyId: "key-1" }, "serverSideEncryption: aws:kms"],
    ["a KMS key with AES256", { ...kms, serverSideEncryption: "AES256" }, "serverSideEncryption: aws:kms"],
    ["a prefix without its slash", { prefix: "berth" }, "must be empty, or end in /"],
    ["an endpoint without its scheme", { endpoint: "s3.example.com" }, "must begin with https:// or http://"],
    ["an endpoint with a password", { endpoint: "http://u:p@s3.example.com" }, "must not hold a user name"],
    ["a query behind publicEndpoint", { publicEndpoint: "https://s3.example.com/?a=b" }, "without a query"],
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

  it.each([
    ["is not there", join(folder, "missing.pem"), "can't be read"],
    ["is a directory", folder, "can't be read"],
    ["holds something else", write("text.pem", "hello"), "no certificate"],
    ["holds a broken certificate", write("broken.pem", pem("AAAA")), "can't be understood"],
  ])("names ca when the file of authorities %s", (_, ca, reason) => {
    const parsed = s3.parse({ bucket: "berth", ca });
    const making = () => s3Options({ ...parsed, spoolDirectory: "/spool" });
    expect(making).toThrow(ConfigError);
    expect(making).toThrow(new RegExp(`storage.blobs.s3.ca: .*${reason}`));
  });
});
