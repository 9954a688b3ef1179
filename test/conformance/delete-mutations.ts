// Single faults in deletes (end-9, end-10), in refusals and in the grammar of names, at the ping and the extensions.
import {
  at,
  blobPath,
  code,
  inAnswer,
  insteadOf,
  json,
  manifestDigest,
  manifestPath,
  manifestTag,
  status,
  tagsPath,
  when,
  withHeader,
  type Mutation,
  type Where,
} from "./faults.ts";
import type { Fault, PassingRequest } from "../support/mutating-proxy.ts";

const tags = at("GET", tagsPath);

const repositoryOf = ({ target }: PassingRequest): string =>
  /^\/v2\/(.*)\/(?:blobs|manifests)\//.exec(target)?.[1] ?? "";

/** A registry that remembers what was deleted: `key` says what of it, `where` which requests then get `answer`. */
function afterDelete(key: (request: PassingRequest) => string, where: Where, answer: number): Fault {
  const deleted = new Set<string>();
  return insteadOf((request) => {
    if (request.method === "DELETE") deleted.add(key(request));
    return where(request) && deleted.has(key(request));
  }, answer);
}

const deletes: readonly Mutation[] = [
  {
    name: "DELETE of a tag 200",
    group: "deletes",
    fault: inAnswer(at("DELETE", manifestTag), status(202, 200)),
    red: ["delete-in-order", "delete-tag"],
  },
  {
    name: "DELETE of a manifest 204",
    group: "deletes",
    fault: inAnswer(at("DELETE", manifestDigest), status(202, 204)),
    red: ["delete-in-order", "delete-manifest"],
  },
  {
    name: "DELETE of a blob 204",
    group: "deletes",
    fault: inAnswer(at("DELETE", blobPath), status(202, 204)),
    red: ["delete-blob", "delete-in-order"],
  },
  {
    name: "DELETE of a tag that deletes nothing",
    group: "deletes",
    fault: insteadOf(at("DELETE", manifestTag), 202),
    red: ["delete-tag-gone", "delete-tag-unknown"],
  },
  {
    name: "DELETE of a blob that deletes nothing",
    group: "deletes",
    fault: insteadOf(at("DELETE", blobPath), 202),
    red: ["delete-blob-gone", "delete-blob-unknown"],
  },
  {
    name: "DELETE of a manifest that is not there 202",
    group: "deletes",
    fault: inAnswer(at("DELETE", manifestPath), status(404, 202)),
    red: ["delete-manifest-unknown", "delete-tag-unknown"],
  },
  {
    name: "a sibling tag that goes along",
    group: "deletes",
    fault: insteadOf(at("GET", /delete-tag-siblings\/manifests\/v2/), 404),
    red: ["delete-tag-siblings"],
  },
  {
    name: "DELETE of a manifest that deletes nothing",
    group: "deletes",
    fault: insteadOf(at("DELETE", manifestDigest), 202),
    red: ["delete-manifest-gone", "delete-manifest-unknown"],
  },
  {
    name: "a blob that goes from every repository",
    group: "deletes",
    fault: afterDelete(({ target }) => /sha256:.*/.exec(target)?.[0] ?? "", at("GET", blobPath), 404),
    red: ["delete-blob-elsewhere"],
  },
  {
    name: "what was deleted refused for ever",
    group: "deletes",
    fault: afterDelete(repositoryOf, at("PUT", manifestTag), 409),
    red: ["delete-and-push-again"],
  },
];

const refusals: readonly Mutation[] = [
  {
    name: "errors in another form",
    group: "errors",
    fault: inAnswer(
      at("GET", /./),
      (answer, request) =>
        answer.status >= 400 && json((value) => ({ error: value["errors"] }))(answer, request),
    ),
    red: ["errors-form"],
  },
  {
    name: "a code of one's own",
    group: "errors",
    fault: inAnswer(at("GET", /./), code("BLOB_UNKNOWN", "NOT_FOUND")),
    red: ["errors-code"],
  },
  {
    name: "errors as HTML",
    group: "errors",
    fault: inAnswer(at("GET", /./), when(404, withHeader("content-type", "text/html"))),
    red: ["errors-type"],
  },
  {
    name: "405 as 404",
    group: "errors",
    fault: inAnswer(at("POST", /./), status(405, 404)),
    red: ["errors-method"],
  },
  {
    name: "unknown parameters 400",
    group: "errors",
    fault: insteadOf(at("GET", /x-unknown/), 400),
    red: ["unknown-parameters"],
  },
  {
    name: "a bad name 202",
    group: "names",
    fault: inAnswer(at("POST", /./), status(400, 202)),
    red: ["name-refused"],
  },
  {
    name: "a name of double dashes and underscores forgotten",
    group: "names",
    fault: insteadOf(at("GET", /e__f\/g--h\/manifests/), 404),
    red: ["name-accepted"],
  },
  {
    name: "a bad tag 201",
    group: "names",
    fault: inAnswer(at("PUT", manifestPath), status(400, 201)),
    red: ["tag-refused"],
  },
  {
    name: "a traversal 200",
    group: "names",
    fault: inAnswer(tags, status(400, 200)),
    red: ["name-traversal"],
  },
  {
    name: "a long tag without its manifest",
    group: "names",
    fault: inAnswer(
      at("GET", /zz$/),
      json(() => ({})),
    ),
    red: ["tag-accepted"],
  },
  {
    name: "ping 204",
    group: "ping",
    fault: inAnswer(at("GET", /^\/v2\/$/), status(200, 204)),
    red: ["ping"],
  },
  {
    name: "the slashless ping 500",
    group: "ping",
    fault: insteadOf(at("GET", /^\/v2$/), 500),
    red: ["ping-slashless"],
  },
  {
    name: "another API version",
    group: "ping",
    fault: inAnswer(at("GET", /^\/v2\/$/), withHeader("docker-distribution-api-version", "registry/1.0")),
    red: ["ping-version-header"],
  },
  {
    name: "nothing is 200",
    group: "ping",
    fault: inAnswer(at("GET", /./), status(404, 200)),
    red: ["ping-unknown-path"],
  },
  {
    name: "an extension without a name",
    group: "extensions",
    fault: inAnswer(
      at("GET", /discover/),
      json(() => ({ extensions: [{ url: "https://example.com/", endpoints: [] }] })),
    ),
    red: ["extensions-discover"],
  },
];

export const deleteMutations: readonly Mutation[] = [...deletes, ...refusals];
