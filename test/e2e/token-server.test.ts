// `auth.mode: token`: what works with CNCF Distribution and somebody's token server works with Berth in its place, with the
// same settings, the same tokens and the same clients. And the other way round: Distribution takes the tokens of Berth.
import { randomBytes, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccessRevision } from "../../auth/access-revision.ts";
import { SigningKeys } from "../../auth/tokens/signing-keys.ts";
import { TokenIssuer } from "../../auth/tokens/token-issuer.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import { derOf, keysOf } from "../auth/tokens/external/token-server.ts";
import type { IssuedCertificate } from "../support/certificates.ts";
import { ContainersUser } from "../support/clients/containers-user.ts";
import { distribution, DistributionRegistry } from "../support/clients/distribution-registry.ts";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { DockerUser } from "../support/clients/docker-user.ts";
import { docker, skopeo } from "../support/clients/installed-client.ts";
import type { RegistryHttp } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { parseChallenge, type Login } from "../support/clients/token-login.ts";
import { BerthProcess, berthProgram } from "./berth-process.ts";
import { ann, ben, ForeignTokenServer, issuer, issueSigners, service } from "./foreign-token-server.ts";

let folder: string;
let tokenServer: ForeignTokenServer;
let signers: Awaited<ReturnType<typeof issueSigners>>;

beforeAll(async () => {
  folder = await createScratchFolder();
  signers = await issueSigners(folder);
  tokenServer = await ForeignTokenServer.start(signers.authority);
});
afterAll(async () => {
  await tokenServer.close();
  await removeScratchFolder(folder);
});

interface Registry {
  host: string;
  http: RegistryHttp;
  close(): Promise<void>;
}

const settings = () => ({ realm: tokenServer.realm, service, issuer, rootCertBundle: tokenServer.bundle });

/** The settings of auth.token, as Berth's environment has them. */
const environment = (more: Record<string, string>): Record<string, string> => ({
  BERTH_AUTH_MODE: "token",
  BERTH_AUTH_TOKEN_REALM: tokenServer.realm,
  BERTH_AUTH_TOKEN_SERVICE: service,
  BERTH_AUTH_TOKEN_ISSUER: issuer,
  ...more,
});

const startBerth = () =>
  BerthProcess.start(environment({ BERTH_AUTH_TOKEN_ROOT_CERT_BUNDLE: tokenServer.bundle }));

const registries: { title: string; missing: boolean; start: () => Promise<Registry> }[] = [
  { title: "Berth", missing: false, start: startBerth },
  { ...distribution, start: () => DistributionRegistry.start({ token: settings() }) },
];

const seconds = () => Math.floor(Date.now() / 1000);
const access = (name: string, ...actions: string[]) => ({ access: [{ type: "repository", name, actions }] });
const chain = (...certificates: IssuedCertificate[]) => ({ kid: undefined, x5c: certificates.map(derOf) });

/** A token with this key and header, of the one whose certificate it is. */
const signedBy = (signer: IssuedCertificate, header: object): string =>
  tokenServer.token({}, header, keysOf(signer).privateKey);

const jwkOf = (signer: IssuedCertificate, more: object = {}) => ({
  kid: undefined,
  jwk: { ...keysOf(signer).publicKey.export({ format: "jwk" }), ...more },
});

/** The status of both registries, and the token that `/v2/` is asked for with. */
const tokens: [status: number, what: string, token: () => string][] = [
  [200, "its key's name", () => tokenServer.token()],
  [200, "a chain of one", () => signedBy(signers.signer, chain(signers.signer))],
  [200, "a chain of two", () => signedBy(signers.below, chain(signers.below, signers.middle))],
  [200, "the root as its chain", () => signedBy(signers.authority, chain(signers.authority))],
  [200, "its key", () => signedBy(signers.authority, jwkOf(signers.authority))],
  [
    200,
    "its key and a chain",
    () => signedBy(signers.signer, jwkOf(signers.signer, { x5c: [derOf(signers.signer)] })),
  ],
  [200, "no nbf, no iat", () => tokenServer.token({ nbf: undefined, iat: undefined })],
  [200, "an expiry 45 s ago", () => tokenServer.token({ exp: seconds() - 45 })],
  [200, "a beginning in 45 s", () => tokenServer.token({ nbf: seconds() + 45 })],
  [200, "nobody as its subject", () => tokenServer.token({ sub: "" })],
  [200, "null for its access", () => tokenServer.token({ access: null })],
  [401, "an expiry 90 s ago", () => tokenServer.token({ exp: seconds() - 90 })],
  [401, "a beginning in 90 s", () => tokenServer.token({ nbf: seconds() + 90 })],
  [401, "another issuer", () => tokenServer.token({ iss: "another" })],
  [401, "another audience", () => tokenServer.token({ aud: "another" })],
  [401, "no key's name", () => tokenServer.token({}, { kid: undefined })],
  [401, "an unknown key's name", () => tokenServer.token({}, { kid: "AAAA:BBBB" })],
  [401, "another algorithm", () => tokenServer.token({}, { alg: "ES384" })],
  [401, "a stranger's signature", () => signedBy(signers.stranger, {})],
  [401, "a stranger's chain", () => signedBy(signers.stranger, chain(signers.stranger))],
  [401, "a stranger's key", () => signedBy(signers.stranger, jwkOf(signers.stranger))],
  [401, "a chain with a gap", () => signedBy(signers.below, chain(signers.below))],
  [
    401,
    "a stranger's key and another's chain",
    () => signedBy(signers.stranger, jwkOf(signers.stranger, { x5c: [derOf(signers.signer)] })),
  ],
  [401, "no signature", () => tokenServer.token().replace(/[^.]+$/, "")],
  [401, "two parts", () => tokenServer.token().replace(/\.[^.]+$/, "")],
];

/** The status of both registries (404 is what those see who may look), the request, and what its token carries. */
const requests: [status: number, method: string, path: string, carries: object][] = [
  [404, "GET", "/v2/team/app/manifests/1", access("team/app", "pull")],
  [401, "GET", "/v2/team/app/manifests/1", access("team/app", "push")],
  [401, "GET", "/v2/team/app/manifests/1", access("team/lib", "pull")],
  [404, "GET", "/v2/team/app/manifests/1", access("team/app", "*")],
  [401, "GET", "/v2/team/app/manifests/1", {}],
  [202, "POST", "/v2/team/app/blobs/uploads/", access("team/app", "pull", "push")],
  [202, "POST", "/v2/team/app/blobs/uploads/", access("team/app", "*")],
  [401, "POST", "/v2/team/app/blobs/uploads/", access("team/app", "pull")],
  [200, "GET", "/v2/_catalog", { access: [{ type: "registry", name: "catalog", actions: ["*"] }] }],
  [401, "GET", "/v2/_catalog", access("catalog", "*")],
];

for (const { title, missing, start } of registries) {
  describe.skipIf(missing)(`${title} with a token server of others`, () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await start();
    });
    afterAll(() => registry.close());

    const ask = (method: string, path: string, token?: string) =>
      registry.http.send(method, path, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });

    it.each(tokens)("answers %d to a token with %s", async (status, _, token) => {
      expect((await ask("GET", "/v2/", token())).status).toBe(status);
    });

    it.each(requests)("answers %d to %s %s with a token for %j", async (status, method, path, carries) => {
      expect((await ask(method, path, tokenServer.token(carries))).status).toBe(status);
    });

    it("sends clients to the token server", async () => {
      const challenges: [string, string | undefined][] = [
        ["/v2/", undefined],
        ["/v2/team/app/manifests/1", "repository:team/app:pull"],
        ["/v2/_catalog", "registry:catalog:*"],
      ];
      for (const [path, scope] of challenges) {
        for (const token of [undefined, "no token"]) {
          const { status, headers } = await ask("GET", path, token);
          expect(status).toBe(401);
          const challenge = parseChallenge(headers["www-authenticate"] ?? "");
          expect(challenge).toEqual({ realm: tokenServer.realm, service, scope });
        }
      }
    });

    it.skipIf(skopeo.missing)("is logged in to, pushed to and pulled from by skopeo", async () => {
      const people: ContainersUser[] = [];
      const somebody = async (login?: Login): Promise<ContainersUser> => {
        const person = await ContainersUser.create("skopeo");
        people.push(person);
        if (login) await person.login(registry.host, login);
        return person;
      };
      try {
        const pusher = await somebody(ann);
        await pusher.make("app");
        const [team, open] = [`${registry.host}/team/skopeo:1`, `${registry.host}/public/skopeo:1`];
        for (const name of [team, open]) await pusher.push("app", name);
        const reader = await somebody(ben);
        expect(await reader.pull(team)).toBe(await pusher.pull(team));
        await reader.make("app");
        await expect(reader.push("app", team)).rejects.toThrow(/unauthorized|denied|authentication required/);
        const nobody = await somebody();
        await nobody.pull(open);
        await expect(nobody.pull(team)).rejects.toThrow(/unauthorized|denied|authentication required/);
        await expect(somebody({ ...ann, secret: "wrong" })).rejects.toThrow(
          /invalid username\/password|unauthorized/,
        );
      } finally {
        for (const person of people) await person.close();
      }
    });

    it.skipIf(docker.missing)("is logged in to, pushed to and pulled from by docker", async () => {
      const engine = await DockerEngine.start();
      const name = `${registry.host}/team/docker:1`;
      const people: DockerUser[] = [];
      const somebody = async (login?: Login): Promise<DockerUser> => {
        const person = await DockerUser.create(engine);
        people.push(person);
        if (login) await person.login(registry.host, login);
        return person;
      };
      try {
        await engine.build(name, { "one.bin": randomBytes(300_000) });
        await (await somebody(ann)).docker("push", name);
        const reader = await somebody(ben);
        await expect(reader.docker("push", name)).rejects.toThrow(/denied|unauthorized/);
        await engine.docker("image", "rm", "--force", name);
        await reader.docker("pull", name);
        await expect((await somebody()).docker("pull", name)).rejects.toThrow(/denied|unauthorized/);
        await expect(somebody({ ...ann, secret: "wrong" })).rejects.toThrow(/401|unauthorized/i);
      } finally {
        for (const person of people) await person.close();
        await engine.close();
      }
    });
  });
}

describe("Berth with a token server of others, by its key set", () => {
  it("finds the keys at the token server's URL", async () => {
    const berth = await BerthProcess.start(
      environment({ BERTH_AUTH_TOKEN_JWKS: `${tokenServer.origin}/keys` }),
    );
    try {
      const authorization = `Bearer ${tokenServer.token()}`;
      expect((await berth.http.send("GET", "/v2/", { headers: { authorization } })).status).toBe(200);
    } finally {
      await berth.close();
    }
  });

  it("says at the start which file it cannot use", async () => {
    const absent = join(folder, "absent.pem");
    const env = environment({ BERTH_AUTH_TOKEN_ROOT_CERT_BUNDLE: absent, BERTH_DATA: join(folder, "data") });
    const start = runCommand(process.execPath, [berthProgram, "serve", "--listen", "127.0.0.1:0"], {
      environment: env,
      timeoutSeconds: 60,
    });
    await expect(start).rejects.toThrow(`Berth cannot start: rootCertBundle ${absent} does not exist`);
  });
});

describe.skipIf(distribution.missing)(`${distribution.title} with Berth as its token server`, () => {
  it.each(["ES256", "RS256"] as const)("takes Berth's tokens, signed by %s", async (algorithm) => {
    const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
    const store = metadata.access.signingKeys;
    const revision = await AccessRevision.open(metadata.access);
    const times = { tokenSeconds: 300, now: Date.now };
    const keys = await SigningKeys.open({ store, algorithm, rotationSeconds: 3600, revision, ...times });
    const tokens = new TokenIssuer({ issuer, service, keys, newId: randomUUID, ...times });
    const rootCertBundle = await certificateFor((await store.list())[0]?.privateKey ?? "");
    const registry = await DistributionRegistry.start({ token: { ...settings(), rootCertBundle } });
    try {
      const scopes = [{ type: "repository", name: "team/app", actions: ["pull"] }];
      const principal = { kind: "user", id: "u1", name: "ann" } as const;
      const { token } = await tokens.issue({ principal, scopes });
      const ask = async (path: string): Promise<number> =>
        (await registry.http.send("GET", path, { headers: { authorization: `Bearer ${token}` } })).status;
      expect(await ask("/v2/")).toBe(200);
      expect(await ask("/v2/team/app/manifests/1")).toBe(404);
      expect(await ask("/v2/team/lib/manifests/1")).toBe(401);
    } finally {
      await registry.close();
      revision.close();
      await metadata.close();
    }
  });
});

/** A self-signed certificate of a signing key, as Distribution 2.x wants keys. */
async function certificateFor(privateKey: string): Promise<string> {
  const [key, certificate] = [join(folder, "signing.key"), join(folder, "signing.crt")];
  await writeFile(key, privateKey);
  const request = ["req", "-x509", "-new", "-subj", "/CN=berth", "-days", "2"];
  await runCommand("openssl", [...request, "-key", key, "-out", certificate]);
  return certificate;
}
