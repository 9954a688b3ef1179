// Upload sessions beside a mirror: those of our own repositories, and none of an upstream's.
import type { RepositoryName } from "../oci/repository-name.ts";
import type { Uploads } from "../registry/registry.ts";
import { refuseChange } from "./refuse-change.ts";
import type { UpstreamMap } from "./upstream-map.ts";

export function readOnlyUploads(local: Uploads, map: UpstreamMap): Uploads {
  const own = (repository: RepositoryName): Uploads => {
    refuseChange(map, repository);
    return local;
  };
  return {
    find: async (repository, id) => local.find(repository, id),
    start: async (repository, ...rest) => own(repository).start(repository, ...rest),
    append: async (repository, id, chunk) => own(repository).append(repository, id, chunk),
    complete: async (repository, id, digest, chunk) =>
      own(repository).complete(repository, id, digest, chunk),
    push: async (repository, digest, blob) => own(repository).push(repository, digest, blob),
    cancel: async (repository, id) => own(repository).cancel(repository, id),
  };
}
