// Clients that are not installed here with accounts, replayed: how each fetches its tokens, and what it does with them.
import { beforeAll, describe, expect, it } from "vitest";
import { describeBlob, json, pushArtifact } from "../support/clients/push-artifact.ts";
import { type RegistryHttp, sha256 } from "../support/clients/registry-http.ts";
import { replayedArtifacts } from "../support/clients/replayed-artifacts.ts";
import {
  type Login,
  tokenLikeContainerd,
  tokenLikeCrane,
  tokenLikeHelm,
  tokenLikeOras,
  tokenLikeRegctl,
  type TokenSequence,
} from "../support/clients/token-login.ts";
import { uploadLikeCrane, uploadLikeOras } from "../support/clients/upload-sequences.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { accountsForThisFile, itKeepsItsSecrets } from "./accounts-process.ts";
import { addCast } from "./cast.ts";

const accounts = accountsForThisFile();
/** A developer of the private project `team` and of the public one `base`; neither of anything. */
let maria: Login, nora: Login, otto: Login;

/** Most ask for what a push needs before their first request; regctl takes what it is told by each challenge. */
const clients: { client: string; sequence: TokenSequence; actions?: string }[] = [
  { client: "crane", sequence: tokenLikeCrane, actions: "push,pull" },
  { client: "oras", sequence: tokenLikeOras, actions: "pull,push" },
  { client: "helm 4", sequence: tokenLikeHelm, actions: "pull,push" },
  { client: "regctl", sequence: tokenLikeRegctl },
  { client: "buildx", sequence: tokenLikeContainerd, actions: "pull,push" },
];

beforeAll(async () => {
  const { current } = accounts;
  ({ maria, nora, otto } = await addCast(current));
});

/** The manifest as this client gets it, and all that it names. */
async function pull(http: RegistryHttp, repository: string, manifest: Buffer, type: string): Promise<void> {
  const headers = { accept: `${type}, */*` };
  const answer = await http.send("GET", `/v2/${repository}/manifests/v1`, { headers });
  expect([answer.status, sha256(answer.body)]).toEqual([200, sha256(manifest)]);
  const { layers = [] } = JSON.parse(manifest.toString("utf8")) as { layers?: { digest: string }[] };
  for (const { digest } of layers) {
    expect((await http.digestOf(`/v2/${repository}/blobs/${digest}`)).digest).toBe(digest);
  }
}

for (const { client, sequence, actions } of clients) {
  const artifact = replayedArtifacts.find((one) => one.client === client);
  if (artifact === undefined) throw new Error(`no artifact of ${client}`);
  const short = client.replace(" ", "");

  describe(`${client} (replayed) with accounts`, () => {
    const http = (login?: Login): RegistryHttp => accounts.current.http({ sequence, login });
    const push = (login: Login, repository: string): Promise<Buffer> => {
      const scopes = actions === undefined ? [] : [`repository:${repository}:${actions}`];
      const pusher = accounts.current.http({ sequence, login, scopes });
      return pushArtifact(pusher, artifact, repository, "v1");
    };

    it("logs in by password, access token and robot's secret, and not by anything else", async () => {
      const { current } = accounts;
      const token = await current.addToken("maria");
      const robot = await current.addRobot(`ci-${short}`, "--allow", "pull");
      for (const login of [maria, token, robot]) {
        expect((await http(login).send("GET", "/v2/")).status).toBe(200);
      }
      for (const login of [
        { name: "maria", secret: `not her password, ${short}` },
        { name: `stranger-${short}`, secret: "whatever it is" },
        { name: "otto", secret: token.secret },
      ]) {
        await expect(http(current.planted(login)).send("GET", "/v2/")).rejects.toThrow(/no token: 401/);
      }
    });

    it("pushes to a private project, pulls, and is refused without a login", async () => {
      const repository = `team/${short}`;
      const manifest = await push(maria, repository);
      await pull(http(maria), repository, manifest, artifact.mediaType);
      const path = `/v2/${repository}/manifests/v1`;
      expect((await http().send("GET", path)).status).toBe(401);
      expect((await http(nora).send("GET", path)).status).toBe(403);
    });

    it("pulls a public project with whatever login it holds, or none", async () => {
      const { current } = accounts;
      const repository = `base/${short}`;
      const manifest = await push(maria, repository);
      const stranger = current.planted({ name: `foreign-${short}`, secret: "of another registry" });
      const wrong = current.planted({ name: "maria", secret: `an old password, ${short}` });
      for (const login of [undefined, stranger, wrong, otto]) {
        await pull(http(login), repository, manifest, artifact.mediaType);
      }
    });

    it("makes a missing project by a push, or is told why not", async () => {
      await push(nora, `fresh-${short}/app`);
      const missing = `missing-${short}/app`;
      // Most look for the blob first, and an answer to HEAD has no words.
      await expect(push(otto, missing)).rejects.toThrow(/403 instead of/);
      const refused = await http(otto).send("POST", `/v2/${missing}/blobs/uploads/`);
      expect([refused.status, refused.body.toString()]).toEqual([
        403,
        expect.stringMatching(
          /DENIED.*"not allowed: you lack push on .* you may not create it: ask an admin/,
        ),
      ]);
    });
  });
}

describe("kubelet (replayed) with accounts", () => {
  it("pulls a public image with the pull secret of another registry, though GET /v2/ refuses it", async () => {
    const { current } = accounts;
    const login = current.planted({ name: "hub-user", secret: "dckr_pat_of_another_registry" });
    const http = (): RegistryHttp => current.http({ sequence: tokenLikeContainerd, login });
    const content = Buffer.from("a layer");
    const config = json({ os: "linux" });
    const developer = current.http({ sequence: tokenLikeContainerd, login: maria });
    for (const blob of [content, config]) await uploadLikeOras(developer, "base/pod", blob);
    const type = "application/vnd.oci.image.manifest.v1+json";
    const manifest = json({
      schemaVersion: 2,
      mediaType: type,
      config: describeBlob("application/vnd.oci.image.config.v1+json", config),
      layers: [describeBlob("application/vnd.oci.image.layer.v1.tar", content)],
    });
    expect((await developer.pushManifest("base/pod", "1", manifest, type)).status).toBe(201);
    expect((await verifyImage(http(), "base/pod", "1")).digest).toBe(sha256(manifest));
    await expect(http().send("GET", "/v2/")).rejects.toThrow(/no token: 401/);
    await expect(http().send("GET", "/v2/team/pod/manifests/1")).rejects.toThrow(/no token: 401/);
  });
});

describe("crane (replayed) with accounts", () => {
  it("copies between projects by mounting what it may pull, and uploads what it may not", async () => {
    const { current } = accounts;
    const layer = Buffer.from(`a layer of ${String(Math.random())}`);
    const digest = await uploadLikeCrane(
      current.http({ sequence: tokenLikeCrane, login: maria }),
      "team/source",
      layer,
    );
    for (const [login, repository, status] of [
      [maria, "marias/target", 201],
      [nora, "noras/target", 202],
    ] as const) {
      // crane asks for one token that names both, and takes what it is given (REQ-18).
      const scopes = [`repository:${repository}:push,pull`, "repository:team/source:pull"];
      const http = current.http({ sequence: tokenLikeCrane, login, scopes });
      const mount = `/v2/${repository}/blobs/uploads/?mount=${digest}&from=team%2Fsource`;
      const answer = await http.send("POST", mount, { headers: { "content-length": 0 } });
      expect(answer.status).toBe(status);
      if (status === 202) await uploadLikeCrane(http, repository, layer);
      expect((await http.digestOf(`/v2/${repository}/blobs/${digest}`)).digest).toBe(digest);
    }
  });
});

itKeepsItsSecrets(accounts);
