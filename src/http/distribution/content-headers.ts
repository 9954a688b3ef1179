// What an answer says of the content that it carries: the same whichever way it goes out.
import type { Digest } from "../../../storage/digest.ts";
import type { Reference } from "../../oci/reference.ts";
import { entityTag } from "../conditions.ts";

/** Content under a digest never changes; nobody on the way may re-encode it (REQ-25). */
const immutable = "max-age=31536000, immutable, no-transform";

/** Content under a tag has to be asked for again each time; If-None-Match makes that cheap. */
const revalidate = "no-cache, no-transform";

/** Of a manifest; its type goes with its bytes alone. */
export function manifestHeaders(digest: Digest, asked: Reference["kind"]): Record<string, string> {
  return {
    "docker-content-digest": digest,
    etag: entityTag(digest),
    "cache-control": asked === "tag" ? revalidate : immutable,
  };
}

export function blobHeaders(digest: Digest): Record<string, string> {
  return {
    "docker-content-digest": digest,
    etag: entityTag(digest),
    "accept-ranges": "bytes",
    "cache-control": immutable,
    // stargz-snapshotter and others want a real type on blobs.
    "content-type": "application/octet-stream",
    // nginx takes up to 1 GB into a file of its own and then nothing until that is delivered: a slow reader would seem
    // silent to us. With this it takes what the reader takes (REQ-24). It keeps the header to itself.
    "x-accel-buffering": "no",
  };
}
