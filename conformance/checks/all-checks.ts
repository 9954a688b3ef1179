// Every check, by group. The groups' order is the order of running and of the report: pull, push, discover, manage.
import type { Check } from "../check.ts";
import { blobRangeChecks } from "./blob-ranges.ts";
import { blobUploadChecks } from "./blob-uploads.ts";
import { blobChecks } from "./blobs.ts";
import { catalogChecks } from "./catalog.ts";
import { chunkOrderChecks } from "./chunk-order.ts";
import { chunkedUploadChecks } from "./chunked-uploads.ts";
import { conditionChecks } from "./conditions.ts";
import { deleteChecks } from "./deletes.ts";
import { errorChecks } from "./errors.ts";
import { extensionChecks } from "./extensions.ts";
import { limitChecks } from "./limits.ts";
import { manifestPullChecks } from "./manifest-pulls.ts";
import { manifestPushChecks } from "./manifest-pushes.ts";
import { manifestRefusalChecks } from "./manifest-refusals.ts";
import { manifestShapeChecks } from "./manifest-shapes.ts";
import { manifestTagChecks } from "./manifest-tags.ts";
import { mountChecks } from "./mounts.ts";
import { nameChecks } from "./names.ts";
import { pingChecks } from "./ping.ts";
import { referrerChangeChecks } from "./referrer-changes.ts";
import { referrerPageChecks } from "./referrer-pages.ts";
import { referrerChecks } from "./referrers.ts";
import { sha512Checks } from "./sha512.ts";
import { singlePostChecks } from "./single-posts.ts";
import { tagChecks } from "./tags.ts";
import { uploadSessionChecks } from "./upload-sessions.ts";

/** The keys are named after the files. */
export const checkGroups: Readonly<Record<string, readonly Check[]>> = {
  ping: pingChecks,
  blobs: blobChecks,
  "blob-ranges": blobRangeChecks,
  "manifest-pulls": manifestPullChecks,
  "blob-uploads": blobUploadChecks,
  "single-posts": singlePostChecks,
  "chunked-uploads": chunkedUploadChecks,
  "chunk-order": chunkOrderChecks,
  "upload-sessions": uploadSessionChecks,
  mounts: mountChecks,
  "manifest-pushes": manifestPushChecks,
  "manifest-refusals": manifestRefusalChecks,
  "manifest-tags": manifestTagChecks,
  "manifest-shapes": manifestShapeChecks,
  sha512: sha512Checks,
  names: nameChecks,
  tags: tagChecks,
  catalog: catalogChecks,
  referrers: referrerChecks,
  "referrer-changes": referrerChangeChecks,
  "referrer-pages": referrerPageChecks,
  limits: limitChecks,
  deletes: deleteChecks,
  errors: errorChecks,
  conditions: conditionChecks,
  extensions: extensionChecks,
};
