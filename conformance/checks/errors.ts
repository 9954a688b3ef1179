// What refusals look like, over several ways of provoking them.
import { Unsupported, type Check } from "../check.ts";
import { unknownDigest } from "../content.ts";
import { image } from "../data-sets.ts";
import { errorsOf, expectHeader, expectStatus, failed, isSpecCode, jsonOf } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import { acceptManifests, type Repository } from "../repository.ts";
import { openUpload, pushSet, putUpload } from "../setup.ts";

/** Refusals from every corner: not found, bad digest, bad manifest, unknown repository. */
async function refusals(repository: Repository): Promise<readonly Answer[]> {
  await pushSet(repository, image(), "v1");
  const answers = [
    await repository.getManifest("absent"),
    await repository.getBlob(unknownDigest()),
    await putUpload(repository, await openUpload(repository), unknownDigest(), Buffer.from("other")),
    await repository.putManifest("v1", Buffer.from("{"), { "content-type": "application/json" }),
    await repository.send("GET", repository.sibling("nowhere").tagsPath),
  ];
  return answers.filter(({ status }) => status >= 400 && status < 500);
}

/** Bodies of refusals may be of any kind; those that are JSON have a form. */
async function jsonRefusals(repository: Repository): Promise<readonly Answer[]> {
  const answers = (await refusals(repository)).filter((answer) => jsonOf(answer) !== undefined);
  if (answers.length === 0) throw new Unsupported("no refusal has a JSON body");
  return answers;
}

export const errorChecks: readonly Check[] = [
  {
    id: "errors-form",
    ends: ["end-2", "end-3", "end-6", "end-7", "end-8a"],
    level: "MUST",
    name: 'a JSON body of a refusal has the form {"errors":[{"code":…,"message":…}]}',
    run: async (repository) => {
      for (const answer of await jsonRefusals(repository)) {
        const errors = errorsOf(answer) ?? [];
        const formed = errors.every(
          ({ code, message }) => typeof code === "string" && ["string", "undefined"].includes(typeof message),
        );
        if (errors.length === 0 || !formed)
          throw failed(answer, `the body is ${answer.body.toString().slice(0, 80)}`);
      }
    },
  },
  {
    id: "errors-code",
    ends: ["end-2", "end-3", "end-6", "end-7", "end-8a"],
    level: "MUST",
    name: "the code of a refusal is one of the spec's",
    run: async (repository) => {
      for (const answer of await jsonRefusals(repository)) {
        const foreign = (errorsOf(answer) ?? []).find(
          ({ code }) => typeof code !== "string" || !isSpecCode(code),
        );
        if (foreign !== undefined) throw failed(answer, `the code is ${String(foreign.code)}`);
      }
    },
  },
  {
    id: "errors-type",
    ends: ["end-2", "end-3", "end-6", "end-7", "end-8a"],
    level: "SHOULD",
    name: "a JSON body of a refusal is labelled as JSON",
    run: async (repository) => {
      for (const answer of await jsonRefusals(repository))
        expectHeader(answer, "content-type", /^application\/json\b/);
    },
  },
  {
    id: "errors-method",
    ends: ["end-3"],
    level: "SHOULD",
    name: "a method that an address does not have answers 405",
    run: async (repository) => {
      expectStatus(
        await repository.send("POST", repository.manifestPath("v1"), { body: Buffer.from("{}") }),
        405,
      );
    },
  },
  {
    id: "unknown-parameters",
    ends: ["end-2", "end-3", "end-4a", "end-8a"],
    level: "SHOULD",
    name: "query parameters that mean nothing are ignored",
    run: async (repository) => {
      const set = image();
      await pushSet(repository, set, "v1");
      const [config] = set.blobs;
      const get = [
        repository.manifestPath("v1"),
        repository.tagsPath,
        ...(config ? [repository.blobPath(config.digest)] : []),
      ];
      for (const path of get) {
        expectStatus(
          await repository.send("GET", `${path}?x-unknown=1&y=example.com`, {
            headers: acceptManifests,
          }),
          200,
        );
      }
      expectStatus(await repository.send("POST", `${repository.uploadsPath}?x-unknown=1`), 202);
    },
  },
];
