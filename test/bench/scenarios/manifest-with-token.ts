// The same manifest with accounts: each request brings a bearer token, the same one again as docker's does.
import { basicHeader, fetchToken } from "../accounts.ts";
import { ratioAtLeast, type Scenario } from "../scenario.ts";
import { reader, type SmallRead } from "../small-reads.ts";
import { expectStatus } from "../../support/clients/registry-http.ts";

const path = "/v2/team/app/manifests/v1";
const password = "correct horse battery";
const withToken = "Berth, bearer token";
const index = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [] };

export const manifestWithToken: Scenario = {
  name: "manifest-get-token",
  rows: [
    {
      title: "manifest GET with a bearer token",
      ...{ figure: "rate", unit: "requests/s", per: "request" },
      ...{ of: withToken, against: "Berth", target: ratioAtLeast(0.85) },
    },
  ],
  open: async (bench) => {
    const open = await bench.startBerth();
    const accounts = await bench.startBerth({
      name: withToken,
      environment: {
        BERTH_AUTH_MODE: "accounts",
        BERTH_ADMIN_PASSWORD: password,
        BERTH_AUTH_ACCOUNTS_TOKEN_SECONDS: "3600",
      },
    });
    const basic = basicHeader("admin", password);
    const body = Buffer.from(JSON.stringify(index));
    for (const { http } of [open, accounts]) {
      const headers = { "content-type": index.mediaType, authorization: basic };
      expectStatus(await http.send("PUT", path, { headers, body }), 201, "PUT of a manifest");
    }
    const token = await fetchToken(accounts.url, "repository:team/app:pull", basic);
    const read: SmallRead = { path, body };
    const { seconds } = bench.pace;
    return [
      reader(open, read, seconds),
      reader(accounts, { ...read, headers: { authorization: `Bearer ${token}` } }, seconds),
    ];
  },
};
