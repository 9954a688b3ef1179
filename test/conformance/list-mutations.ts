// Single faults in lists of names: end-8 and the catalog.
import {
  at,
  code,
  inAnswer,
  inRequest,
  insteadOf,
  json,
  status,
  tagsPath,
  when,
  withHeader,
  withoutParameter,
  type Mutation,
} from "./faults.ts";

const tags = at("GET", tagsPath);
const allTags = at("GET", /\/tags\/list$/);
const catalog = at("GET", /\/_catalog/);

export const listMutations: readonly Mutation[] = [
  {
    name: "the tags backwards",
    group: "tags",
    fault: inAnswer(
      allTags,
      when(
        200,
        json((value) => ({ ...value, tags: (value["tags"] as string[]).toReversed() })),
      ),
    ),
    red: ["tags-order", "tags-order-case"],
  },
  {
    name: "a tag missing",
    group: "tags",
    fault: inAnswer(
      allTags,
      when(
        200,
        json((value) => ({ ...value, tags: (value["tags"] as string[]).slice(1) })),
      ),
    ),
    red: ["tags-list", "tags-order", "tags-order-case"],
  },
  {
    name: "another name",
    group: "tags",
    fault: inAnswer(
      tags,
      when(
        200,
        json((value) => ({ ...value, name: "x" })),
      ),
    ),
    red: ["tags-name"],
  },
  {
    name: "another Content-Type",
    group: "tags",
    fault: inAnswer(tags, withHeader("content-type", "text/plain")),
    red: ["tags-type"],
  },
  {
    name: "n ignored",
    group: "tags",
    fault: inRequest(tags, withoutParameter("n")),
    red: ["tags-n", "tags-n-last", "tags-n-zero"],
  },
  {
    name: "last ignored",
    group: "tags",
    fault: inRequest(tags, withoutParameter("last")),
    red: ["tags-last", "tags-last-final", "tags-last-unknown", "tags-link", "tags-n-last"],
  },
  {
    name: "last included",
    group: "tags",
    fault: inAnswer(tags, (answer, request) => {
      const last = /[?&]last=([^&]*)/.exec(request.target)?.[1];
      return (
        last !== undefined &&
        json((value) => ({ ...value, tags: [last, ...(value["tags"] as string[])] }))(answer, request)
      );
    }),
    red: ["tags-last", "tags-last-final", "tags-last-unknown", "tags-link", "tags-n-last"],
  },
  {
    name: "Link without brackets",
    group: "tags",
    fault: inAnswer(
      tags,
      (answer, request) =>
        answer.headers.has("link") &&
        withHeader("link", (link) => link.replace(/[<>]/g, ""))(answer, request),
    ),
    red: ["tags-link"],
  },
  {
    name: "Link with another relation",
    group: "tags",
    fault: inAnswer(
      tags,
      (answer, request) =>
        answer.headers.has("link") &&
        withHeader("link", (link) => link.replace("next", "prev"))(answer, request),
    ),
    red: ["tags-link"],
  },
  {
    name: "Link to the same page",
    group: "tags",
    fault: inAnswer(
      tags,
      (answer, request) =>
        answer.headers.has("link") && withHeader("link", `<${request.target}>; rel="next"`)(answer, request),
    ),
    red: ["tags-link"],
  },
  {
    name: "Link where nothing follows",
    group: "tags",
    fault: inAnswer(at("GET", /\?n=[07]$/), withHeader("link", '</v2/x/tags/list?n=7&last=zz>; rel="next"')),
    red: ["tags-link-end", "tags-n-zero"],
  },
  {
    name: "an n too large 400",
    group: "tags",
    fault: insteadOf(at("GET", /n=1000+$/), 400),
    red: ["tags-n-huge"],
  },
  {
    name: "an n that is none 500",
    group: "tags",
    fault: inAnswer(tags, status(400, 500)),
    red: ["tags-n-invalid"],
  },
  {
    name: "no repository 403",
    group: "tags",
    fault: inAnswer(tags, status(404, 403)),
    red: ["tags-unknown-repository"],
  },
  {
    name: "no repository with another code",
    group: "tags",
    fault: inAnswer(tags, code("NAME_UNKNOWN", "MANIFEST_UNKNOWN")),
    red: ["tags-unknown-repository-code"],
  },
  {
    name: "the catalog backwards",
    group: "catalog",
    fault: inAnswer(
      catalog,
      json((value) => ({ repositories: (value["repositories"] as string[]).toReversed() })),
    ),
    red: ["catalog-after", "catalog-link"],
  },
  {
    name: "n=0 ignored in the catalog",
    group: "catalog",
    fault: inRequest(at("GET", /\?n=0$/), withoutParameter("n")),
    red: ["catalog-n-zero"],
  },
  {
    name: "last ignored in the catalog when it is no repository",
    group: "catalog",
    fault: inRequest(at("GET", /_catalog\?n=1&/), withoutParameter("last")),
    red: ["catalog-last-unknown"],
  },
  {
    name: "an n too large for the catalog 500",
    group: "catalog",
    fault: insteadOf(at("GET", /_catalog\?n=1000+/), 500),
    red: ["catalog-n-huge"],
  },
];
