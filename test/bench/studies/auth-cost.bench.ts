// What asking "who are you, and may you?" costs: the same manifest, by the same client, in turns from a registry that is
// open and from one with accounts, whose token is the same for every request, as docker's is. Goal: at most 15 %.
import { it } from "vitest";
import { BerthProcess } from "../../e2e/berth-process.ts";
import { imageIndex, mediaTypes } from "../../support/images.ts";
import { measureRate } from "../load/request-load.ts";

const rounds = 7;
const path = "/v2/team/app/manifests/v1";
const password = "correct horse battery";
const basic = { authorization: `Basic ${Buffer.from(`admin:${password}`).toString("base64")}` };

async function pushManifest(url: string, headers: Record<string, string>): Promise<void> {
  const { bytes } = imageIndex([]);
  const type = { "content-type": mediaTypes.index };
  const answer = await fetch(url + path, { method: "PUT", body: bytes, headers: { ...headers, ...type } });
  if (answer.status !== 201) throw new Error(`the push answered ${answer.status}: ${await answer.text()}`);
}

async function fetchToken(url: string): Promise<string> {
  const answer = await fetch(`${url}/token?service=berth&scope=repository:team/app:pull`, { headers: basic });
  return ((await answer.json()) as { token: string }).token;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

it("shows what credentials cost on a manifest GET", async () => {
  const open = await BerthProcess.start({ BERTH_AUTH_MODE: "open" });
  const accounts = await BerthProcess.start({
    BERTH_AUTH_MODE: "accounts",
    BERTH_ADMIN_PASSWORD: password,
    BERTH_AUTH_ACCOUNTS_TOKEN_SECONDS: "3600",
  });
  const [openUrl, url] = [`http://${open.host}`, `http://${accounts.host}`];
  await pushManifest(openUrl, {});
  await pushManifest(url, basic);
  const token = { authorization: `Bearer ${await fetchToken(url)}` };
  const ways = [
    { name: "open", url: openUrl, headers: {} },
    { name: "accounts, Bearer token", url, headers: token },
    { name: "accounts, Basic", url, headers: basic },
  ].map((way) => ({ ...way, rates: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) {
      way.rates.push(await measureRate({ ...way, path, connections: 16, milliseconds: 2000 }));
    }
  }
  const first = median(ways[0]?.rates ?? []);
  console.table(
    ways.map(({ name, rates }) => ({
      way: name,
      "requests/s (median)": Math.round(median(rates)),
      "of open": (median(rates) / first).toFixed(2),
      rounds: rates.map(Math.round).join(" "),
    })),
  );
  await Promise.all([open, accounts].map((berth) => berth.close()));
});
