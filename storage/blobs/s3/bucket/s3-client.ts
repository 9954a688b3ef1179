// The SDK's client, set up so that it works with other vendors' S3 too. Apart because each of these settings has a story.
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { CredentialsFile } from "./credentials-file.ts";
import type { S3Credentials, S3Options, S3Patience } from "../s3-options.ts";

/** @param endpoint where it speaks to; the public one for URLs that are only signed */
export function createS3Client(
  options: S3Options,
  patience: S3Patience,
  endpoint: string | undefined,
): S3Client {
  // Which versions of Node Berth runs on, package.json says: else a start that fails begins with eight lines of the SDK's.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  // No limit: every connection is in the hands of a request that Berth accepted, or of a slot for a part.
  const agent = {
    keepAlive: true,
    maxSockets: Infinity,
    ...(options.ca !== undefined && { ca: options.ca }),
  };
  return new S3Client({
    region: options.region,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: options.forcePathStyle ?? false,
    ...credentialsOf(options.credentials),
    // The SDK's default adds checksums that many dialects refuse.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // Dialects that never answer it cost six seconds a part, and the SDK opens a connection for each.
    expectContinueHeader: false,
    // Tried again by Attempts, which can begin a body anew.
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      connectionTimeout: patience.connectMilliseconds,
      // Silence is measured by those who wait: a slow reader of ours is no silence of the endpoint.
      socketTimeout: 0,
      requestTimeout: 0,
    }),
  });
}

function credentialsOf(credentials: S3Credentials): Pick<S3ClientConfig, "credentials"> {
  switch (credentials.kind) {
    case "chain":
      return {};
    case "static": {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      return {
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
      };
    }
    case "file": {
      const file = new CredentialsFile(credentials.path);
      // Keys that are about to expire are asked for anew by each request.
      return { credentials: async () => ({ ...(await file.read()), expiration: new Date() }) };
    }
  }
}
