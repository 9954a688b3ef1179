// The grammar of repository names and tags, on every address that has one.
import type { Check } from "../check.ts";
import { image } from "../data-sets.ts";
import { expectBytes, expectStatus, failed } from "../expectations.ts";
import { Repository } from "../repository.ts";
import { pushBlobs, pushSet } from "../setup.ts";

const badComponents = ["UPPER", "-dash", "dot.", "a..b", "under___score", "sp%20ace"];

const longestTag = `A_${"x.y-".repeat(31)}zz`;

export const nameChecks: readonly Check[] = [
  {
    id: "name-accepted",
    ends: ["end-4a", "end-7", "end-3"],
    level: "MUST",
    name: "every name of the grammar is accepted: many components, dots, dashes, underscores",
    run: async ({ client, name }) => {
      for (const rest of ["a", "a.b-c_d/e__f/g--h", "0/1/2/3/4/5"]) {
        const repository = new Repository(client, `${name}/${rest}`);
        const { bytes } = await pushSet(repository, image({ layers: [] }), "v1");
        expectBytes(await repository.getManifest("v1"), bytes);
      }
    },
  },
  {
    id: "name-refused",
    ends: ["end-4a"],
    level: "MUST",
    name: "an upload to a name outside the grammar is refused with 400 or 404",
    run: async ({ client, name }) => {
      for (const component of badComponents) {
        const { uploadsPath } = new Repository(client, `${name}/${component}`);
        expectStatus(await client.send("POST", uploadsPath), 400, 404);
      }
    },
  },
  {
    id: "name-traversal",
    ends: ["end-2", "end-3", "end-8a"],
    level: "MUST",
    name: "a name that tries to leave its place (.., encoded or not) is refused",
    run: async ({ client, name }) => {
      const ways = [
        "../../../etc",
        "%2e%2e/%2e%2e/etc",
        "..%2f..%2fetc",
        "a%2f..%2f..%2fb",
        "a/./b",
        "a%00b",
        "a%5c..%5cb",
      ];
      for (const way of ways) {
        const answer = await client.send("GET", `/v2/${name}/${way}/tags/list`);
        if (answer.status < 400 || answer.status >= 500)
          throw failed(answer, `wanted a 4xx, got ${answer.status}`);
      }
    },
  },
  {
    id: "tag-accepted",
    ends: ["end-7", "end-3"],
    level: "MUST",
    name: "every tag of the grammar is accepted, up to 128 characters",
    run: async (repository) => {
      const { bytes } = await pushSet(repository, image({ layers: [] }), "_", "0", "A.b-c_D", longestTag);
      for (const tag of ["_", "0", "A.b-c_D", longestTag])
        expectBytes(await repository.getManifest(tag), bytes);
    },
  },
  {
    id: "tag-refused",
    ends: ["end-7"],
    level: "MUST",
    name: "a push to a tag outside the grammar is refused with 400 or 404",
    run: async (repository) => {
      const set = image({ layers: [] });
      await pushBlobs(repository, set);
      const [manifest] = set.manifests;
      for (const tag of ["-dash", ".dot", "a+b", "a%20b", `${longestTag}x`]) {
        const answer = await repository.putManifest(tag, manifest.bytes, {
          "content-type": manifest.mediaType,
        });
        expectStatus(answer, 400, 404);
      }
    },
  },
];
