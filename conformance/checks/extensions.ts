// `_oci/ext/discover`: what a registry has beyond the spec.
import { Unsupported, type Check } from "../check.ts";
import { expectJson, expectStatus, failed } from "../expectations.ts";

export const extensionChecks: readonly Check[] = [
  {
    id: "extensions-discover",
    ends: ["ext"],
    level: "MAY",
    name: "GET /v2/_oci/ext/discover lists extensions, each with name, url and endpoints",
    run: async ({ client }) => {
      const answer = await client.send("GET", "/v2/_oci/ext/discover");
      if ([401, 403, 404].includes(answer.status)) throw new Unsupported(String(answer.status));
      expectStatus(answer, 200);
      const { extensions } = expectJson(answer);
      if (!Array.isArray(extensions)) throw failed(answer, "the body has no list of extensions");
      for (const { name, url, endpoints } of extensions as Record<string, unknown>[]) {
        if (typeof name !== "string" || typeof url !== "string" || !Array.isArray(endpoints)) {
          throw failed(answer, `an extension lacks name, url or endpoints: ${String(name)}`);
        }
      }
    },
  },
];
