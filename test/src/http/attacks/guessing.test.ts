// Content of a private repository that somebody knows the digest of, or guesses: it is reached neither by a mount, nor
// through another repository, nor by a manifest that names it; and lists do not tell of it.
import { beforeAll, describe, expect, it } from "vitest";
import { cast, useAccounts, type Member } from "../../../support/accounts-registry.ts";
import {
  artifact,
  describeManifest,
  digestOf,
  imageIndex,
  imageManifest,
  randomBlob,
} from "../../../support/images.ts";
import { expectError, jsonOf, nextPageOf } from "../../../support/oci-answer.ts";

const use = useAccounts();
const absent = digestOf("nobody has this");

beforeAll(async () => {
  await use().administer("POST", "/projects", { name: "mine" });
  for (const name of ["outsider", "guest", "limited", "creator"]) {
    if (name !== "limited") {
      await use().administer("PUT", `/projects/mine/members/user/${name}`, { role: "developer" });
    }
  }
  await use().pushImage("outsider", "mine/app");
});

const layer = () => digestOf(use().imageIn("secret/app").layers[0] ?? "");
const post = (as: Member, query: string, bearer?: string) =>
  use().ask("POST", `/v2/mine/app/blobs/uploads/?${query}`, bearer === undefined ? { as } : { bearer });

/** A mount that did not happen is an ordinary upload, and leaves nothing behind. */
async function expectUnmounted(as: Member, query: string, bearer?: string): Promise<void> {
  const digest = new URLSearchParams(query).get("mount") ?? "";
  const answer = await post(as, query, bearer);
  expect([answer.status, answer.headers["docker-content-digest"]]).toEqual([202, undefined]);
  expect((await use().ask("HEAD", `/v2/mine/app/blobs/${digest}`, { as })).status).toBe(404);
}

const sources = [
  "&from=secret/app",
  "",
  "&from=",
  "&from=secret",
  "&from=secret/app/",
  "&from=/secret/app",
  "&from=mine/../secret/app",
  "&from=secret%2Fapp",
  "&from=SECRET/app",
  "&from=secret/app%00",
  "&from=secret/app&from=mine/app",
  "&from=mine/app&from=secret/app",
  "&from=absent/app",
  "&from=*",
  "&origin=secret/app",
];

describe(`${sources.length * 2 + 4} attacks: a mount of what one may not pull`, () => {
  it.each(sources)("%j is an upload, as that of a blob that nobody has", async (source) => {
    await expectUnmounted("outsider", `mount=${layer()}${source}`);
    await expectUnmounted("outsider", `mount=${absent}${source}`);
  });

  it("answers alike, whether the blob is there or not", async () => {
    const headersOf = async (digest: string) => {
      const { headers, body } = await post("outsider", `mount=${digest}&from=secret/app`);
      return [Object.keys(headers), headers["content-length"], headers["range"], body.length];
    };
    expect(await headersOf(layer())).toEqual(await headersOf(absent));
  });

  it.each([
    [
      "names the source's repository for a push alone",
      "repository:mine/app:pull,push repository:secret/app:push",
    ],
    ["names the target alone", "repository:mine/app:pull,push"],
  ])("by an owner whose token %s is an upload", async (_, scope) => {
    const bearer = await use().tokenOf("admin", scope);
    const answers = [
      await post("admin", `mount=${layer()}&from=secret/app`, bearer),
      await post("admin", `mount=${layer()}`, bearer),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  });

  it("is an upload once the right to pull the source is gone", async () => {
    await use().administer("DELETE", "/projects/secret/members/user/guest");
    await expectUnmounted("guest", `mount=${layer()}&from=secret/app`);
    await use().administer("PUT", "/projects/secret/members/user/guest", { role: "guest" });
  });
});

describe("a mount of what one may pull", () => {
  it("happens, so that the refusals mean something", async () => {
    const digest = digestOf(use().imageIn("secret/app").layers[1] ?? "");
    const answer = await use().ask("POST", `/v2/mine/other/blobs/uploads/?mount=${digest}&from=secret/app`, {
      as: "guest",
    });
    expect(answer.status).toBe(201);
  });
});

describe("24 attacks: a digest of a private repository", () => {
  it.each(["mine/app", "open/app", "mine/none", "open/none"])("is not known in %s", async (repository) => {
    const secret = use().imageIn("secret/app");
    const paths = [`blobs/${layer()}`, `manifests/${secret.digest}`, `blobs/${secret.digest}`];
    for (const path of paths) {
      for (const method of ["GET", "HEAD"]) {
        const answer = await use().ask(method, `/v2/${repository}/${path}`, { as: "outsider" });
        expect(answer.status).toBe(404);
        if (method === "GET") expect(answer.body.includes(layer().slice(7))).toBe(path.includes(layer()));
      }
    }
  });
});

describe("6 attacks: a manifest that names what one may not pull", () => {
  const forged = () => {
    const secret = use().imageIn("secret/app");
    const own = use().imageIn("mine/app");
    const stolen = secret.layers[0] ?? randomBlob();
    return {
      "its layer": imageManifest(own.layers[0] ?? randomBlob(), [stolen]),
      "its layer as config": imageManifest(stolen, [own.layers[0] ?? randomBlob()]),
      "its manifest": imageIndex([describeManifest(secret)]),
    };
  };

  it.each(["its layer", "its layer as config", "its manifest"] as const)("%s is refused", async (what) => {
    for (const tag of ["stolen", forged()[what].digest]) {
      const answer = await use().ask("PUT", `/v2/mine/app/manifests/${tag}`, {
        as: "outsider",
        body: forged()[what].bytes,
        headers: { "content-type": forged()[what].mediaType },
      });
      expectError(answer, 404, "MANIFEST_BLOB_UNKNOWN");
    }
  });

  it("is accepted as a subject that nobody has, and shows in no list but one's own", async () => {
    const secret = use().imageIn("secret/app");
    const referrer = artifact("application/x.attack", describeManifest(secret));
    const empty = Buffer.from("{}");
    const query = `digest=${digestOf(empty)}`;
    await use().ask("POST", `/v2/mine/app/blobs/uploads/?${query}`, { as: "outsider", body: empty });
    const put = await use().ask("PUT", `/v2/mine/app/manifests/${referrer.digest}`, {
      as: "outsider",
      body: referrer.bytes,
      headers: { "content-type": referrer.mediaType },
    });
    expect(put.status).toBe(201);
    const list = await use().ask("GET", `/v2/secret/app/referrers/${secret.digest}`, { as: "guest" });
    expect(jsonOf(list)).toMatchObject({ manifests: [] });
  });
});

/** What the catalog shows of secret, open and mine, whole or in pages of any size. */
const shown: Readonly<Record<Member, readonly string[]>> = {
  admin: ["mine/", "open/", "secret/"],
  maintainer: ["open/", "secret/"],
  developer: ["open/", "secret/"],
  guest: ["mine/", "open/", "secret/"],
  outsider: ["mine/", "open/"],
  creator: ["mine/", "open/"],
  robot: ["open/", "secret/"],
  everywhere: ["mine/", "open/", "secret/"],
  limited: ["open/", "secret/"],
};

interface CatalogPage {
  readonly repositories: readonly string[];
}

async function pagesOf(
  as: Member,
  first: string,
): Promise<{ names: string[]; links: number; sizes: number[] }> {
  const names: string[] = [];
  const sizes: number[] = [];
  for (let next: string | undefined = first; next !== undefined;) {
    const answer = await use().ask("GET", next, { as });
    const { repositories } = jsonOf(answer) as CatalogPage;
    names.push(...repositories);
    sizes.push(repositories.length);
    next = nextPageOf(answer);
  }
  return { names, links: sizes.length - 1, sizes };
}

describe(`${cast.length * 4 + 6} attacks: the catalog`, () => {
  beforeAll(async () => {
    for (let index = 0; index < 4; index++) await use().pushImage("admin", `secret/hidden-${index}`);
  });

  it.each(cast)("shows %s what they may pull, and no page or Link tells of more", async (as) => {
    for (const n of [1, 2, 3, 1000]) {
      const { names, links, sizes } = await pagesOf(as, `/v2/_catalog?n=${n}`);
      const projects = new Set(names.map((name) => name.slice(0, name.indexOf("/") + 1)));
      expect([...projects].sort()).toEqual(shown[as]);
      expect(links).toBe(Math.ceil(names.length / n) - 1);
      // only the last may be short
      expect(sizes.slice(0, -1).every((size) => size === n)).toBe(true);
    }
  });

  it.each(["secret", "secret/", "secret/app", "secret/hidden-1", "s", "zzz"])(
    "after %s shows an outsider nothing that is private",
    async (last) => {
      const { names } = await pagesOf("outsider", `/v2/_catalog?n=1&last=${encodeURIComponent(last)}`);
      expect(names.filter((name) => name.startsWith("secret"))).toEqual([]);
    },
  );

  it("has a challenge for whoever shows nothing, and nothing private for an anonymous token", async () => {
    const answer = await use().ask("GET", "/v2/_catalog");
    expect(answer.headers["www-authenticate"]).toMatch(/,scope="registry:catalog:\*"$/);
    const bearer = await use().tokenOf(undefined, "registry:catalog:*");
    const list = await use().ask("GET", "/v2/_catalog", { bearer });
    expect(jsonOf(list)).toEqual({ repositories: ["open/app"] });
  });
});

describe("8 attacks: the lists of a private repository", () => {
  it.each(["tags/list", "tags/list?n=0", "tags/list?n=1&last=v0", "referrers/{digest}"])(
    "%s are not for an outsider, nor for nobody",
    async (list) => {
      const path = `/v2/secret/app/${list.replace("{digest}", use().imageIn("secret/app").digest)}`;
      for (const as of ["outsider", undefined] as const) {
        const answer = await use().ask("GET", path, { as });
        expect(answer.status).toBe(as === undefined ? 401 : 403);
        expect(answer.headers["link"]).toBeUndefined();
        expect(answer.body.includes("v1")).toBe(false);
      }
    },
  );
});
