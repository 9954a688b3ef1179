// Pushes that outlast their tokens (REQ-14): a session that was opened with the right to push takes what was meant for it
// until the end. Tokens live for a minute here, the least that there is; transfers are slowed down on the way. All wait at
// the same time. The long form (npm run e2e -- --long) takes six minutes for a layer.
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainerdEngine } from "../support/clients/containerd-engine.ts";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { DockerUser } from "../support/clients/docker-user.ts";
import { buildRandomImage, writeLayout } from "../support/clients/image-layout.ts";
import { containerd, docker, skopeo } from "../support/clients/installed-client.ts";
import type { Authorization, RegistryHttp } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { SlowLink } from "../support/clients/slow-link.ts";
import { type Login, tokenLikeDocker } from "../support/clients/token-login.ts";
import {
  uploadLikeBuildkit,
  uploadLikeCrane,
  uploadLikeDocker,
  uploadLikeOras,
  uploadLikeRegctl,
} from "../support/clients/upload-sequences.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { accountsForThisFile, itKeepsItsSecrets } from "./accounts-process.ts";
import { issueOldToken } from "./expired-tokens.ts";

const long = process.env["BERTH_TEST_LONG"] === "1";
const tokenSeconds = 60;
const transferSeconds = long ? 360 : 66;
const layerBytes = 4_000_000;
const accounts = accountsForThisFile({ BERTH_AUTH_ACCOUNTS_TOKEN_SECONDS: String(tokenSeconds) });
const commandLimit = { timeoutSeconds: transferSeconds + 240 };
let maria: Login;
let link: SlowLink;
let folder: string;

beforeAll(async () => {
  const { current } = accounts;
  maria = await current.addUser("maria");
  await current.command("project", "add", "team");
  await current.command("project", "member", "set", "team", "maria", "--role", "developer");
  link = await SlowLink.start(current.host, { bytesPerSecond: layerBytes / transferSeconds });
  folder = await createScratchFolder();
  await mkdir(join(folder, "layout"));
  await writeLayout(join(folder, "layout"), "1", buildRandomImage(layerBytes));
});
afterAll(async () => {
  await link.close();
  await removeScratchFolder(folder);
});

const mariasHttp = (): RegistryHttp => accounts.current.http({ sequence: tokenLikeDocker, login: maria });

/** The longest request with a body, in seconds, as Berth has measured it. */
async function longestSeconds(repository: string): Promise<number> {
  const requests = await accounts.current.berth.requests();
  const lines = requests.filter(
    ({ method, url }) => url.startsWith(`/v2/${repository}/`) && /PATCH|PUT/.test(method),
  );
  return Math.max(...lines.map(({ milliseconds }) => milliseconds)) / 1000;
}

describe(`pushes of ${transferSeconds} s with tokens of ${tokenSeconds} s`, () => {
  /** Each client's own engine, folder and login are made before its slow part; what they wait for is the same minute. */
  const pushes: { title: string; missing: boolean; push: (repository: string) => Promise<void> }[] = [
    {
      ...docker,
      push: async (repository) => {
        const engine = await DockerEngine.start();
        const person = await DockerUser.create(engine);
        try {
          const name = `${link.host}/${repository}:1`;
          await engine.build(name, { "layer.bin": randomBytes(layerBytes) });
          await person.login(link.host, maria);
          accounts.current.secrets.plant((await person.kept(link.host))?.identitytoken ?? "");
          await person.dockerWith(commandLimit, "push", name);
        } finally {
          await person.close();
          await engine.close();
        }
      },
    },
    {
      ...containerd,
      push: async (repository) => {
        const engine = await ContainerdEngine.start();
        try {
          const archive = join(folder, "layout.tar");
          await runCommand("tar", ["-C", join(folder, "layout"), "-cf", archive, "."]);
          await engine.ctr("images", "import", "--no-unpack", "--base-name", "berth.test/app", archive);
          const user = ["--plain-http", "--user", `${maria.name}:${maria.secret}`];
          const names = [`${link.host}/${repository}:1`, "berth.test/app:1"];
          await engine.ctrWith(commandLimit, "images", "push", ...user, ...names);
        } finally {
          await engine.close();
        }
      },
    },
    {
      ...skopeo,
      push: async (repository) => {
        const creds = ["--dest-tls-verify=false", "--dest-creds", `${maria.name}:${maria.secret}`];
        const ends = [`oci:${join(folder, "layout")}:1`, `docker://${link.host}/${repository}:1`];
        await runCommand("skopeo", ["copy", ...creds, ...ends], commandLimit);
      },
    },
  ];

  for (const [index, { title, missing, push }] of pushes.entries()) {
    it.skipIf(missing)(`succeed from ${title}`, { concurrent: true }, async () => {
      const repository = `team/slow${index}`;
      await push(repository);
      await verifyImage(mariasHttp(), repository, "1");
      expect(await longestSeconds(repository)).toBeGreaterThan(tokenSeconds);
    });
  }
});

describe("raw HTTP with an expired token", () => {
  /** With a fresh token for everything but what goes to a session. */
  const expiring = async (repository: string, account = "maria"): Promise<Authorization> => {
    const { current } = accounts;
    const scope = `repository:${repository}:pull,push`;
    const token = async (agoSeconds: number): Promise<string> => {
      const issued = await issueOldToken({
        ...{ data: current.berth.data, account, scope, agoSeconds, tokenSeconds },
      });
      current.secrets.plant(issued);
      return `Bearer ${issued}`;
    };
    const [fresh, expired] = [await token(0), await token(3600)];
    const isOfSession = (path: string): boolean => /\/blobs\/uploads\/[^?]/.test(path);
    return {
      header: (_method, path) => (isOfSession(path) ? expired : fresh),
      challenged: async () => false,
    };
  };

  it.each([
    ["docker", uploadLikeDocker],
    ["crane", uploadLikeCrane],
    ["containerd", uploadLikeBuildkit],
    ["oras", uploadLikeOras],
    ["regctl", uploadLikeRegctl],
  ])("finishes an upload like %s", async (client, upload) => {
    const repository = `team/expired-${client}`;
    const http = accounts.current.berth.http.as(await expiring(repository));
    const content = randomBytes(100_000);
    const digest = await upload(http, repository, content);
    expect((await mariasHttp().digestOf(`/v2/${repository}/blobs/${digest}`)).digest).toBe(digest);
  });

  it("does nothing else with it", async () => {
    const repository = "team/expired";
    const tokens = await expiring(repository);
    const authorization = tokens.header("PATCH", `/v2/${repository}/blobs/uploads/x`) ?? "";
    for (const [method, path] of [
      ["POST", "blobs/uploads/"],
      ["PUT", "manifests/1"],
      ["GET", "tags/list"],
    ] as const) {
      const answer = await accounts.current.berth.http.send(method, `/v2/${repository}/${path}`, {
        headers: { authorization },
      });
      expect([answer.status, answer.headers["www-authenticate"]]).toEqual([
        401,
        expect.stringContaining('error="invalid_token"'),
      ]);
    }
  });

  it("does not lend it to anybody else's session", async () => {
    const { current } = accounts;
    const repository = "team/lent";
    await current.addUser("gast");
    await current.command("project", "member", "set", "team", "gast", "--role", "developer");
    const location = await mariasHttp().startUpload(repository);
    const stranger = current.berth.http.as(await expiring(repository, "gast"));
    const answer = await stranger.send("PATCH", location, { body: randomBytes(10) });
    expect([answer.status, answer.body.toString()]).toEqual([
      404,
      expect.stringContaining("BLOB_UPLOAD_UNKNOWN"),
    ]);
  });
});

itKeepsItsSecrets(accounts);
