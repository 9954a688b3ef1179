// Every address of /v2 with every method, as an attacker lists them; that none is missing is a test of its own.

/** What a request there needs; `session` is push, and to have opened it. */
export type Need = "registry" | "catalog" | "pull" | "push" | "delete" | "session";

export interface AttackedRoute {
  readonly method: string;
  /** As src/http/routes.ts has it. */
  readonly path: string;
  readonly needs: Need;
}

const rows: readonly (readonly [methods: string, path: string, needs: Need])[] = [
  ["GET HEAD", "/v2", "registry"],
  ["GET HEAD", "/v2/", "registry"],
  ["GET HEAD", "/v2/_catalog", "catalog"],
  ["GET HEAD", "/v2/_oci/ext/discover", "registry"],
  ["GET HEAD", "/v2/*name/manifests/:reference", "pull"],
  ["PUT", "/v2/*name/manifests/:reference", "push"],
  ["DELETE", "/v2/*name/manifests/:reference", "delete"],
  ["POST", "/v2/*name/blobs/uploads", "push"],
  ["POST", "/v2/*name/blobs/uploads/", "push"],
  ["GET HEAD PATCH PUT DELETE", "/v2/*name/blobs/uploads/:id", "session"],
  ["GET HEAD", "/v2/*name/blobs/:digest", "pull"],
  ["DELETE", "/v2/*name/blobs/:digest", "delete"],
  ["GET HEAD", "/v2/*name/tags/list", "pull"],
  ["GET HEAD", "/v2/*name/referrers/:digest", "pull"],
];

export const attackedRoutes: readonly AttackedRoute[] = rows.flatMap(([methods, path, needs]) =>
  methods.split(" ").map((method) => ({ method, path, needs })),
);

export interface Target {
  readonly name: string;
  readonly reference: string;
  readonly digest: string;
  readonly id?: string;
}

/** The address of a route on this target. */
export function addressOf({ path }: AttackedRoute, target: Target): string {
  const { name, reference, digest, id = "7a1b7a5e-0000-4000-8000-000000000000" } = target;
  return path
    .replace("*name", name)
    .replace(":reference", reference)
    .replace(":digest", digest)
    .replace(":id", id);
}
