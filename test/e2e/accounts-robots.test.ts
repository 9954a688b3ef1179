// Robots as CI uses them: what theirs may do is all that they can do, and their secrets are exchanged without a gap.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildRandomImage, writeLayout } from "../support/clients/image-layout.ts";
import { skopeo } from "../support/clients/installed-client.ts";
import { type RegistryHttp, sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { basic, type Login, tokenLikeCrane } from "../support/clients/token-login.ts";
import { uploadLikeCrane } from "../support/clients/upload-sequences.ts";
import { accountsForThisFile, itKeepsItsSecrets } from "./accounts-process.ts";

const accounts = accountsForThisFile();
/** Pushes to the private project `team`. */
let ci: Login;
let layout: string;
const image = buildRandomImage(300_000);

beforeAll(async () => {
  const { current } = accounts;
  for (const project of ["team", "other"]) await current.command("project", "add", project);
  ci = await current.addRobot("ci", "--project", "team", "--allow", "pull,push");
  layout = await createScratchFolder();
  await mkdir(join(layout, "image"));
  await writeLayout(join(layout, "image"), "1", image);
});
afterAll(() => removeScratchFolder(layout));

/** As CI does it: the secret comes with the command, nothing is kept. */
async function push({ name, secret }: Login, repository: string): Promise<void> {
  await runCommand("skopeo", [
    ...["copy", "--dest-tls-verify=false", "--dest-creds", `${name}:${secret}`],
    ...[`oci:${join(layout, "image")}:1`, `docker://${accounts.current.host}/${repository}:1`],
  ]);
}

describe.skipIf(skopeo.missing)(`${skopeo.title} as a robot`, () => {
  it("pushes in its project, and nowhere else", async () => {
    await push(ci, "team/app");
    for (const repository of ["other/app", "missing/app"]) {
      await expect(push(ci, repository)).rejects.toThrow(/403 \(Forbidden\)/);
    }
  });

  it("pushes when it may push alone, and can't pull what it pushed", async () => {
    const writer = await accounts.current.addRobot("writer", "--project", "team", "--allow", "push");
    await push(writer, "team/written");
    const creds = ["--src-tls-verify=false", "--src-creds", `${writer.name}:${writer.secret}`];
    const ends = [`docker://${accounts.current.host}/team/written:1`, `dir:${join(layout, "written")}`];
    await expect(runCommand("skopeo", ["copy", ...creds, ...ends])).rejects.toThrow(/you lack pull on team/);
  });

  it("may not delete what it pushed", async () => {
    const remove = ["delete", "--tls-verify=false", "--creds", `${ci.name}:${ci.secret}`];
    const deleted = runCommand("skopeo", [...remove, `docker://${accounts.current.host}/team/app:1`]);
    await expect(deleted).rejects.toThrow(/denied|403|unauthorized/i);
  });

  it("pushes with either of two secrets while they are exchanged, and not with one that was replaced twice", async () => {
    const { current } = accounts;
    const robot = await current.addRobot("rotating", "--project", "team", "--allow", "pull,push");
    const second = await current.rotateRobot("rotating");
    for (const login of [robot, second]) await push(login, "team/rotated");
    const third = await current.rotateRobot("rotating");
    for (const login of [second, third]) await push(login, "team/rotated");
    // A running server has seen it within two seconds.
    await expect
      .poll(
        () =>
          push(robot, "team/rotated").then(
            () => "pushed",
            (error: unknown) => String(error),
          ),
        { timeout: 5000, interval: 200 },
      )
      .toMatch(/unauthorized|authentication required/);
  });

  it("is told that its time is over, and since when (REQ-55)", async () => {
    const { current } = accounts;
    const robot = await current.addRobot("short", "--project", "team", "--allow", "pull,push");
    await push(robot, "team/short");
    // Long enough for the command to start on a machine that is busy.
    const end = new Date(Date.now() + 8000).toISOString().replace(/\.\d+/, "");
    await current.command("robot", "set", "short", "--expires", end);
    const login = (): Promise<string> =>
      runCommand(
        "skopeo",
        [
          "login",
          "--tls-verify=false",
          "--authfile",
          join(layout, "auth.json"),
          "--username",
          robot.name,
          "--password-stdin",
          current.host,
        ],
        { input: robot.secret },
      ).then(
        () => "logged in",
        (error: unknown) => String(error),
      );
    await expect.poll(login, { timeout: 30_000, interval: 500 }).toMatch(/unauthorized|invalid username/);
    await expect(push(robot, "team/short")).rejects.toThrow(
      new RegExp(`the robot's validity ended on ${end.slice(0, 16).replace("T", " ")} UTC`),
    );
  });
});

describe("curl as a robot", () => {
  const robotHttp = (login: Login): RegistryHttp =>
    accounts.current.http({ sequence: tokenLikeCrane, login });

  it("can't delete tags, manifests or blobs", async () => {
    const http = robotHttp(ci);
    const digest = await uploadLikeCrane(http, "team/kept", Buffer.from("a layer"));
    for (const path of ["manifests/1", `manifests/${sha256("x")}`, `blobs/${digest}`]) {
      const answer = await http.send("DELETE", `/v2/team/kept/${path}`);
      expect([answer.status, answer.body.toString()]).toEqual([
        403,
        expect.stringContaining("you lack delete on team/kept"),
      ]);
    }
  });

  it("sees its project alone in the catalog", async () => {
    const http = robotHttp(ci);
    await uploadLikeCrane(http, "team/listed", Buffer.from("a layer"));
    const answer = await http.send("GET", "/v2/_catalog");
    const { repositories } = JSON.parse(answer.body.toString()) as { repositories: string[] };
    expect(repositories.filter((name) => !name.startsWith("team/"))).toEqual([]);
  });

  it.each([
    ["GET", "users"],
    ["POST", "users"],
    ["GET", "robots"],
    ["POST", "robots/ci/rotate"],
    ["PATCH", "projects/team"],
    ["PUT", "projects/team/members/user/ci"],
    ["GET", "audit"],
  ])("can't use the admin API: %s %s", async (method, path) => {
    const headers = { authorization: basic(ci), "content-type": "application/json" };
    const body = method === "GET" ? {} : { body: "{}" };
    const answer = await accounts.current.berth.http.send(method, `/api/v1/${path}`, { headers, ...body });
    expect([answer.status, answer.headers["content-type"]]).toEqual([
      403,
      expect.stringContaining("problem"),
    ]);
  });
});

itKeepsItsSecrets(accounts);
