// An image as people write it on a command line or in a list: docker's rules of what is left out (distribution/reference).
import { parseReference, type Reference } from "../../oci/reference.ts";
import { parseRepositoryName } from "../../oci/repository-name.ts";

export interface ImageReference {
  /** docker.io unless written. */
  readonly host: string;
  /** Without the host; docker.io's `library/` may be missing. */
  readonly name: string;
  /** By digest where there is one, also beside a tag, as clients do; the tag `latest` where there is neither. */
  readonly reference: Reference;
}

/** undefined for what is no image. Whether host and repository exist is nobody's matter here. */
export function parseImageReference(text: string): ImageReference | undefined {
  const [named = "", digest, ...more] = text.replace(/^docker:\/\//, "").split("@");
  if (more.length > 0) return undefined;
  const slash = named.lastIndexOf("/");
  const colon = named.indexOf(":", slash + 1);
  const path = colon === -1 ? named : named.slice(0, colon);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  const reference = parseReference(digest ?? tag ?? "latest");
  if (reference === undefined || path === "" || (digest !== undefined) !== (reference.kind === "digest")) {
    return undefined;
  }
  const [first = "", ...rest] = path.split("/");
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const [host, name] = hasHost ? [first, rest.join("/")] : ["docker.io", path];
  return parseRepositoryName(name) === undefined ? undefined : { host, name, reference };
}
