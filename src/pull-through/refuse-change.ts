// A mirror is read only: what would be pushed to or deleted from it is somebody else's (REQ-30).
import { OciError } from "../oci/oci-error.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { UpstreamMap } from "./upstream-map.ts";

/** @throws OciError mirrorReadOnly for a repository of an upstream */
export function refuseChange(map: UpstreamMap, repository: RepositoryName): void {
  const mirrored = map.find(repository);
  if (mirrored === undefined) return;
  throw new OciError("mirrorReadOnly", { detail: { reason: `it mirrors ${mirrored.upstream.name}` } });
}
