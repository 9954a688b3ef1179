// podman and skopeo with registries.conf as `berth client-config podman` prints it; what is mirrored is a Berth with
// accounts, so that tokens have to be fetched, with a robot's secret.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainersTool } from "../support/clients/containers-tool.ts";
import { podman, skopeo } from "../support/clients/installed-client.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { BerthProcess, berthProgram } from "./berth-process.ts";
import {
  clientConfig,
  mirrorConfiguration,
  type MirrorFiles,
  type MultiArchitectureImage,
  placeFile,
  pushTwoArchitectures,
} from "./mirror-berth.ts";

let folder: string;
let upstream: BerthProcess;
let files: MirrorFiles;
let berth: BerthProcess;
let image: MultiArchitectureImage;
let environment: Record<string, string>;

const password = "admin-of-the-upstream";

beforeAll(async () => {
  folder = await createScratchFolder();
  upstream = await BerthProcess.start({ BERTH_ADMIN_PASSWORD: password, BERTH_AUTH_MODE: "accounts" });
  const header = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
  const admin = upstream.http.as({ header: () => header, challenged: () => Promise.resolve(false) });
  image = await pushTwoArchitectures(admin, "team/app", "1");
  admin.close();
  const secret = await runCommand(process.execPath, [
    ...[berthProgram, "robot", "add", "mirror", "--project", "team", "--allow", "pull"],
    ...["--expires", "1d", "--data", upstream.data],
  ]);
  files = await mirrorConfiguration({
    upstreams: [
      {
        host: "quay.io",
        url: `http://${upstream.host}`,
        credentials: { username: "mirror", password: secret.trim() },
        anonymous: true,
        tagTtlSeconds: 0,
      },
    ],
  });
  berth = await BerthProcess.start(files.environment);
  const printed = await clientConfig(berth, files.environment, "podman");
  const path = await placeFile(folder, "registries.conf", printed);
  environment = { CONTAINERS_REGISTRIES_CONF: path };
});
afterAll(async () => {
  await berth.close();
  await upstream.close();
  await removeScratchFolder(folder);
  await removeScratchFolder(files.folder);
});

describe.skipIf(skopeo.missing)(`${skopeo.title}, mirror of a Berth with accounts`, () => {
  it("copies both platforms by the upstream's own name, byte for byte", async () => {
    const target = `oci:${join(folder, "copied")}:1`;
    await runCommand("skopeo", [
      ...["--registries-conf", environment["CONTAINERS_REGISTRIES_CONF"] ?? ""],
      ...["copy", "--all", "docker://quay.io/team/app:1", target],
    ]);
    const raw = await runCommand("skopeo", ["inspect", "--raw", target]);
    expect(JSON.parse(raw)).toMatchObject({ manifests: [{ digest: image.images.amd64.digest }, {}] });
  });

  it("lists the upstream's tags", async () => {
    const name = `docker://${berth.host}/quay.io/team/app`;
    const listed = await runCommand("skopeo", ["list-tags", "--tls-verify=false", name]);
    expect(JSON.parse(listed)).toMatchObject({ Tags: ["1"] });
  });
});

describe.skipIf(podman.missing)(`${podman.title}, mirror of a Berth with accounts`, () => {
  it("pulls by the upstream's own name, and again into an empty store with the upstream gone", async () => {
    for (const round of ["fresh", "gone"]) {
      if (round === "gone") await upstream.stop();
      const tool = await ContainersTool.create("podman");
      try {
        await tool.runWith({ environment }, "pull", "quay.io/team/app:1");
        const id = await tool.run("images", "--no-trunc", "--quiet", "quay.io/team/app:1");
        expect(id).toBe(image.images.amd64.configDigest);
      } finally {
        await tool.close();
      }
    }
  });
});
