// end-1: is this a registry?
import { Unsupported, type Check } from "../check.ts";
import { expectHeader, expectStatus, statusText } from "../expectations.ts";

export const pingChecks: readonly Check[] = [
  {
    id: "ping",
    ends: ["end-1"],
    level: "MUST",
    name: "GET /v2/ answers 200",
    run: async ({ client }) => expectStatus(await client.send("GET", "/v2/"), 200),
  },
  {
    id: "ping-slashless",
    ends: ["end-1"],
    level: "MAY",
    name: "GET /v2 without the slash answers 200, or leads there",
    run: async ({ client }) => {
      const answer = await client.send("GET", "/v2");
      if (answer.status === 404) throw new Unsupported("404");
      expectStatus(answer, 200);
    },
  },
  {
    id: "ping-version-header",
    ends: ["end-1"],
    level: "MAY",
    name: "GET /v2/ names the API in Docker-Distribution-Api-Version, as older clients expect",
    run: async ({ client }) => {
      const answer = await client.send("GET", "/v2/");
      if (answer.header("docker-distribution-api-version") === undefined)
        throw new Unsupported("no such header");
      expectHeader(answer, "docker-distribution-api-version", "registry/2.0");
    },
  },
  {
    id: "ping-unknown-path",
    ends: ["end-1"],
    level: "SHOULD",
    name: "an address under /v2/ that means nothing answers 404",
    run: async ({ client }) => {
      const answer = await client.send("GET", "/v2/-no-such-thing-");
      if (answer.status === 400) throw new Unsupported(statusText(answer));
      expectStatus(answer, 404);
    },
  },
];
