// What a registry says of a manifest, checked before anybody believes it.
import { isUtf8 } from "node:buffer";
import { algorithmOf, digestOf, parseDigest, type Digest } from "../../storage/digest.ts";
import { essenceOf } from "../oci/media-types.ts";
import type { HttpAnswer } from "./exchange.ts";
import { RemoteError } from "./remote-error.ts";
import type { RemoteDescriptor, RemoteManifest } from "./upstream.ts";

export function describeManifest(answer: HttpAnswer, reference: string): RemoteDescriptor {
  const mediaType = mediaTypeOf(answer);
  const said = saidDigest(answer);
  const asked = parseDigest(reference);
  if (asked && said && said !== asked) throw corrupt(answer, "names another digest than was asked for");
  return { digest: asked ?? said, mediaType: mediaType ?? unknownType, size: answer.size };
}

export function checkManifest(answer: HttpAnswer, bytes: Buffer, reference: string): RemoteManifest {
  const mediaType = mediaTypeOf(answer);
  const asked = parseDigest(reference);
  const wanted = asked ?? saidDigest(answer);
  const digest = digestOf(bytes, wanted && algorithmOf(wanted));
  if (wanted && digest !== wanted) throw corrupt(answer, "sent a manifest of another digest");
  // Nothing else tells a tag's manifest from the page of whoever stands in between.
  const declared = declaredType(bytes);
  if (asked === undefined && declared === undefined) {
    throw new RemoteError("failing", `${answer.url.host} sent what is no manifest`);
  }
  return { digest, mediaType: mediaType ?? (declared || unknownType), bytes };
}

const unknownType = "application/octet-stream";

/** As it is, but for space around it. @throws RemoteError failing, for the page of a portal or a proxy */
function mediaTypeOf({ headers, url }: HttpAnswer): string | undefined {
  const type = headers.get("content-type")?.trim();
  if (type === undefined || type === "") return undefined;
  if (essenceOf(type) === "text/html") {
    throw new RemoteError("failing", `${url.host} answered with a web page`);
  }
  return type;
}

function saidDigest({ headers }: HttpAnswer): Digest | undefined {
  return parseDigest(headers.get("docker-content-digest")?.trim() ?? "");
}

/** The `mediaType` of a JSON object, empty without one; undefined for what is no JSON object. */
function declaredType(bytes: Buffer): string | undefined {
  try {
    const json: unknown = isUtf8(bytes) ? JSON.parse(bytes.toString("utf8")) : undefined;
    if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
    const { mediaType } = json as { mediaType?: unknown };
    return typeof mediaType === "string" ? mediaType : "";
  } catch {
    return undefined;
  }
}

function corrupt({ url }: HttpAnswer, what: string): RemoteError {
  return new RemoteError("corrupt", `${url.host} ${what}`);
}
