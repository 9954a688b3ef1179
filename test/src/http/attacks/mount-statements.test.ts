// Whether a forbidden mount's source exists could be read off the time that the answer takes. The clock is no witness;
// what the answer asks of the metadata store is.
import { describe, expect, it, onTestFinished } from "vitest";
import type { Caller } from "../../../../auth/caller.ts";
import type { MetadataStore } from "../../../../storage/metadata/metadata-store.ts";
import { openAccounts, principalOf } from "../../../auth/accounts/open-accounts.ts";
import { digestOf } from "../../../support/images.ts";
import { RegistryClient } from "../../../support/registry-client.ts";
import { serveParts } from "../../../support/serve-parts.ts";

/** Writes down each method that is called, of each part of the store. */
function written<T extends object>(part: T, calls: string[], path = ""): T {
  return new Proxy(part, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      const name = `${path}${String(key)}`;
      if (typeof value === "object" && value !== null) return written(value, calls, `${name}.`);
      if (typeof value !== "function") return value;
      return (...parameters: unknown[]): unknown => {
        calls.push(name);
        return Reflect.apply(value, target, parameters);
      };
    },
  });
}

async function serve() {
  const accounts = await openAccounts();
  const { users, projects, metadata, authorizer } = accounts;
  for (const name of ["owner", "outsider"]) await users.create({ name, mayCreateProjects: false });
  for (const [project, name] of [
    ["secret", "owner"],
    ["mine", "outsider"],
  ] as const) {
    await projects.create({ name: project });
    await projects.setMember(project, { kind: "account", name, role: "developer" });
  }
  const calls: string[] = [];
  const asking = { name: "owner" };
  const served = await serveParts({
    metadata: written<MetadataStore>(metadata, calls),
    authorizer,
    authenticator: {
      authenticate: async () => {
        const principal = principalOf("user", await users.get(asking.name));
        const caller: Caller = { principal, grant: { kind: "all" } };
        return { outcome: "accepted", caller };
      },
    },
  });
  const client = new RegistryClient(served.url);
  onTestFinished(async () => {
    client.close();
    await served.close();
  });
  return { client, calls, asking };
}

describe("6 attacks: the work for a mount that is refused", () => {
  it("is the same for a private source with the blob, one without, and a missing one", async () => {
    const { client, calls, asking } = await serve();
    const there = await client.pushBlob("secret/app", Buffer.from("a private layer"));
    asking.name = "outsider";
    const sources = ["&from=secret/app", "&from=secret/none", "&from=absent/app"];
    const attempts = sources.flatMap((source) => [there, digestOf("none")].map((digest) => [digest, source]));
    const work: string[][] = [];
    for (const [digest, source] of attempts) {
      calls.length = 0;
      const path = `/v2/mine/app/blobs/uploads/?mount=${digest}${source}`;
      expect((await client.send("POST", path)).status).toBe(202);
      work.push([...calls]);
    }
    // the first asks for the quota of the project that is pushed to
    expect(work[0]).toEqual(["usage.findBreach", "uploads.start"]);
    for (const one of work) expect(one).toEqual(work[0]);
  });
});
