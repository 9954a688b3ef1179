// The people, robots and projects that the tests of the admin API play with: each with credentials by the name of the part.
import { parseDigest } from "../../../../storage/digest.ts";
import type { ManifestCommit } from "../../../../storage/metadata/metadata-store.ts";
import { imageManifest, randomBlob } from "../../../support/images.ts";
import type { AdminApi } from "./serve-admin-api.ts";

/** In order of what they may do. */
export const callers = [
  "anonymous",
  "robot",
  "outsider",
  "guest",
  "developer",
  "maintainer",
  "admin",
] as const;

export const passwordOf = (name: string): string => `the password of ${name}`;

/**
 * `team` is a private project with a member of each role, the robot `ci`, and the group `staff` with `jane`; `shop` is a
 * public one without members; `everywhere` is a robot of no project. `guest` may not create projects. `limited` is an
 * access token of the maintainer's for pulls alone. registry.k8s.io/pause:3.10 is cached.
 */
export async function playIn(api: AdminApi): Promise<{ ids: Readonly<Record<string, string>> }> {
  const { users, robots, groups, projects, tokens, mirror, cast } = api;
  for (const name of ["outsider", "guest", "developer", "maintainer", "admin", "jane"]) {
    const traits = { systemAdmin: name === "admin", mayCreateProjects: name !== "guest" };
    await users.create({ name, password: passwordOf(name), ...traits });
    cast.set(name, (await tokens.create(name, { label: "the test's" })).secret);
  }
  await projects.create({ name: "team", description: "the team's own" });
  await projects.create({ name: "shop", public: true });
  for (const role of ["guest", "developer", "maintainer"] as const) {
    await projects.setMember("team", { kind: "account", name: role, role });
  }
  await groups.create({ name: "staff" });
  await groups.addAccount("staff", "jane");
  await projects.setMember("team", { kind: "group", name: "staff", role: "guest" });
  const actions = ["pull", "push", "delete"];
  cast.set("robot", (await robots.create({ name: "ci", project: "team", actions })).secret);
  await robots.create({ name: "everywhere", actions });
  const limited = await tokens.create("maintainer", { label: "for pulls", actions: ["pull"] });
  cast.set("limited", limited.secret);
  await mirror.pins.add("docker.io/library/*:1");
  await keep(api, "registry.k8s.io/pause", "3.10");
  const preload = mirror.preloads.start({
    ...{ images: ["alpine"], kubeadm: undefined, platforms: [], withSignatures: false },
  });
  return {
    ids: {
      preload: preload.id,
      token: (await tokens.create("jane", { label: "to be revoked" })).token.id,
      secret: (await robots.listSecrets("ci"))[0]!.id,
    },
  };
}

/** The tag `gone` of team/app was deleted; then the project can't be, while its manifest is there. */
export async function losesTag({ metadata, now }: AdminApi): Promise<void> {
  await metadata.manifests.commit(imageOf("team/app", "gone", now()));
  await metadata.tags.delete("team/app", "gone", now());
}

async function keep({ metadata, now }: AdminApi, repository: string, tag: string): Promise<void> {
  await metadata.mirror.content.commitManifest(imageOf(repository, tag, now()));
}

function imageOf(repository: string, tag: string, now: number): ManifestCommit {
  const { bytes, mediaType, digest } = imageManifest(randomBlob(), [randomBlob()]);
  const parsed = parseDigest(digest);
  if (parsed === undefined) throw new Error(digest);
  const image = { repository, digest: parsed, mediaType, bytes, references: [], tags: [tag] };
  return { ...image, referencePolicy: "lazy", now };
}
