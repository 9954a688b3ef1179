// The keys of a bucket. Apart from schema.ts because they are many.
import { z } from "zod";
import { network } from "./network.ts";
import { secret } from "./secret.ts";
import { serviceUrl } from "./service-url.ts";

const mebibyte = 1024 * 1024;
const text = z.string().min(1);

export const s3 = z
  .strictObject({
    bucket: text.describe("Name of the bucket. It must exist."),
    region: text.prefault("us-east-1").describe("Region of the bucket. Other vendors mostly take any."),
    endpoint: serviceUrl
      .optional()
      .describe("URL of the S3 service, such as https://s3.example.com. Default: AWS, in the region."),
    publicEndpoint: serviceUrl
      .optional()
      .describe("URL under which clients reach the same service, for redirects. Default: the endpoint."),
    forcePathStyle: z
      .boolean()
      .prefault(false)
      .describe(
        "Puts the bucket into the path of URLs instead of the host name, as MinIO, Ceph and most others want it.",
      ),
    prefix: z
      .string()
      .regex(/^(?:[^/].*\/)?$/, "must be empty, or end in / and not begin with one")
      .prefault("")
      .describe("Put before the name of every object, such as berth/."),
    accessKeyId: text
      .optional()
      .describe(
        "Access key. Without it and without credentialsFile, the environment, the shared files and the roles that AWS knows are tried.",
      ),
    secretAccessKey: secret(text.optional().describe("The secret that goes with accessKeyId.")),
    credentialsFile: text
      .optional()
      .describe(
        "A JSON file with accessKeyId, secretAccessKey and, for temporary ones, sessionToken, instead of the keys above. It is read again when it changes.",
      ),
    partBytes: z
      .int()
      .min(5 * mebibyte)
      .max(1024 * mebibyte)
      .optional()
      .describe(
        "Size of the parts that a blob is uploaded in; later ones of very large blobs are larger. Default: 16 MiB; with equalParts 32 MiB.",
      ),
    equalParts: z
      .boolean()
      .prefault(false)
      .describe(
        "Makes all parts of a blob but the last equal, as Cloudflare R2 wants it. The largest blob is then 10000 times partBytes, 312 GiB unless set.",
      ),
    maxPartsInFlight: z
      .int()
      .min(1)
      .max(1000)
      .prefault(16)
      .describe(
        "How many parts are sent at the same time, all uploads together. The others wait, and their clients with them.",
      ),
    spoolDirectory: text
      .optional()
      .describe(
        "Directory where parts wait until they are sent: one for each running upload, and those in flight. Default: spool in the data directory.",
      ),
    redirect: z
      .boolean()
      .prefault(false)
      .describe(
        "Sends clients to the bucket itself for the bytes of a blob, by a URL that is signed for publicEndpoint and ends. They must be able to reach it. Manifests and HEAD are always answered here.",
      ),
    redirectNetworks: z
      .array(network.describe("One address, one network such as 10.0.0.0/8, or the word loopback."))
      .prefault([])
      .describe("Redirects clients of these networks alone. Empty: all clients."),
    storageClass: text.optional().describe("Storage class of new objects, such as STANDARD_IA."),
    serverSideEncryption: z
      .enum(["AES256", "aws:kms"])
      .optional()
      .describe("Encryption that the service is asked for. Default: whatever the bucket does by itself."),
    kmsKeyId: text.optional().describe("The key for aws:kms. Default: the one of the account."),
    ca: text
      .optional()
      .describe(
        "PEM file with the authorities that the endpoint's certificate may come from, instead of the usual ones.",
      ),
  })
  .refine((s3) => (s3.accessKeyId === undefined) === (s3.secretAccessKey === undefined), {
    message: "must have both of accessKeyId and secretAccessKey, or neither",
  })
  .refine((s3) => s3.accessKeyId === undefined || s3.credentialsFile === undefined, {
    message: "must have accessKeyId or credentialsFile, not both",
  })
  .refine((s3) => s3.kmsKeyId === undefined || s3.serverSideEncryption === "aws:kms", {
    message: "must have serverSideEncryption: aws:kms where it has kmsKeyId",
  });

export type S3Settings = z.output<typeof s3>;
