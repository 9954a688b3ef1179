// What this registry is: the ping that every client begins with (end-1), and the spec's list of extensions.
import type { Handler } from "./handler.ts";

export const ping: Handler = async (ctx) => {
  ctx.body = {};
};

export const discoverExtensions: Handler = async (ctx) => {
  ctx.body = {
    extensions: [
      {
        name: "_oci",
        url: "https://github.com/opencontainers/distribution-spec/blob/main/extensions/_oci.md",
        description: "the list of extensions that you are reading",
        endpoints: ["_oci/ext/discover"],
      },
      {
        name: "_catalog",
        url: "https://distribution.github.io/distribution/spec/api/#listing-repositories",
        description: "names of the repositories, in pages",
        endpoints: ["_catalog"],
      },
    ],
  };
};
