// end-7 and end-3 over every data set: pushed whole, then each of its manifests pulled back byte for byte.
import { type Check, type Level, Unsupported } from "../check.ts";
import { blob, descriptorOf, emptyBlob, mediaTypes, unknownDigest } from "../content.ts";
import * as sets from "../data-sets.ts";
import { expectBytes, expectStatus, statusText } from "../expectations.ts";
import type { Repository } from "../repository.ts";
import { pushBlobs, pushSet } from "../setup.ts";

const artifactType = "application/vnd.example.sbom.v1";

async function pushAndPull(repository: Repository, set: sets.DataSet): Promise<void> {
  await pushBlobs(repository, set);
  const root = sets.rootOf(set);
  for (const { digest, bytes, mediaType } of set.manifests) {
    const reference = digest === root.digest ? "root" : digest;
    expectStatus(await repository.putManifest(reference, bytes, { "content-type": mediaType }), 201);
  }
  for (const { digest, bytes } of set.manifests) {
    const pulled = await repository.getManifest(digest);
    expectStatus(pulled, 200);
    expectBytes(pulled, bytes);
  }
}

function shape(id: string, what: string, make: () => sets.DataSet, level: Level = "MUST"): Check {
  const run = (repository: Repository) => pushAndPull(repository, make());
  return {
    id: `shape-${id}`,
    ends: ["end-7", "end-3"],
    level,
    name: `${what} can be pushed and pulled back`,
    run,
  };
}

const twoLayers = () => sets.image({ layers: [blob(), blob(300)] });

const missing = { mediaType: mediaTypes.ociImage, size: 123 };

export const manifestShapeChecks: readonly Check[] = [
  shape("image", "an image of two layers", twoLayers),
  shape("index", "an index of two images", () => sets.index([twoLayers(), twoLayers()])),
  shape("nested-index", "an index of indexes", () => sets.nestedIndex()),
  shape("empty-index", "an index without entries", () => sets.index([]), "SHOULD"),
  shape("artifact", "an artifact with artifactType and the empty config", () => sets.artifact(artifactType)),
  shape("artifact-index", "an index with artifactType", () =>
    sets.index([sets.artifact(artifactType)], { artifactType }),
  ),
  shape("no-layers", "an image without layers", () => sets.noLayers()),
  shape("empty-layer", "an image whose layer is the empty blob", () => sets.image({ layers: [emptyBlob()] })),
  shape("custom-fields", "an image with fields that the spec does not know", () => sets.customFields()),
  shape("data-field", "an image whose descriptors carry data", () => sets.dataField()),
  shape("foreign-layer", "an image with a layer that lies elsewhere", () => sets.foreignLayer(), "SHOULD"),
  shape("missing-subject", "a manifest whose subject is not there", () =>
    sets.referrer({ ...missing, digest: unknownDigest() }),
  ),
  shape("index-missing-subject", "an index whose subject is not there", () =>
    sets.index([sets.image()], { subject: { ...missing, digest: unknownDigest() } }),
  ),
  {
    id: "shape-subject",
    ends: ["end-7", "end-3"],
    level: "MUST",
    name: "a manifest that refers to another by subject can be pushed and pulled back",
    run: async (repository) => {
      const subject = descriptorOf(await pushSet(repository, sets.image(), "subject"));
      await pushAndPull(repository, sets.referrer(subject, { artifactType }));
    },
  },
  ...[
    { id: "docker-image", what: "a Docker schema 2 image", make: sets.dockerImage },
    { id: "docker-list", what: "a Docker manifest list", make: sets.dockerList },
  ].map(({ id, what, make }): Check => {
    const run = async (repository: Repository) => {
      const set = make();
      await pushBlobs(repository, set);
      for (const { digest, bytes, mediaType } of set.manifests) {
        const answer = await repository.putManifest(digest, bytes, { "content-type": mediaType });
        if (answer.status === 415) throw new Unsupported(statusText(answer));
        expectStatus(answer, 201);
        expectBytes(await repository.getManifest(digest), bytes);
      }
    };
    return {
      id: `shape-${id}`,
      ends: ["end-7", "end-3"],
      level: "MAY",
      name: `${what} can be pushed and pulled back`,
      run,
    };
  }),
];
