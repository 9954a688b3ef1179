// docs/mirror.md as it is read: its commands of ours are run from the first to the last on one data directory, with small
// upstreams in place of the real ones, and its configuration files are ones that Berth takes.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../../src/config/load-config.ts";
import { kubeadmImages } from "../../../../src/pull-through/preload/kubeadm-images.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import type { FakeUpstream } from "../../../support/upstream/fake-upstream.ts";
import { parseShellLine } from "../shell-line.ts";
import { mirrorAtHand } from "./mirror-at-hand.ts";

const page = readFileSync(new URL("../../../../docs/mirror.md", import.meta.url), "utf8");

function blocks(language: string): string[] {
  return Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")),
    ([, text = ""]) => text,
  );
}

const platforms = ["linux/amd64", "linux/arm64"];

/** What the page pulls, and what the doctor asks for. */
function fill(upstream: FakeUpstream): void {
  upstream.addImage("library/alpine", "3.20", { platforms });
  for (const image of [...kubeadmImages("v1.31.2").images, "registry.k8s.io/pause:3.9"]) {
    const [name = "", tag = ""] = image.replace("registry.k8s.io/", "").split(":");
    upstream.addImage(name, tag, { platforms });
  }
}

describe("docs/mirror.md", () => {
  it("has commands that do what they are told, one after the other", async () => {
    const mirror = await mirrorAtHand();
    fill(mirror.upstream);
    const list = join(mirror.data, "images.txt");
    await writeFile(list, "alpine:3.20\nregistry.k8s.io/pause:3.9\n");
    const lines = blocks("console").flatMap((block) => block.split("\n"));
    const commands = lines.flatMap((line) =>
      line.startsWith("$ berth ") ? [parseShellLine(line.slice(2)).words.slice(1)] : [],
    );
    const failed: string[] = [];
    for (const words of commands) {
      const args = words.map((word) => (word === "images.txt" ? list : word));
      // the whole of a repository is given up after its one tag: there must be something again
      if (words.join(" ").endsWith("library/alpine") && words[1] === "purge")
        await mirror.berth("mirror pull alpine:3.20");
      const { code, errors } = await mirror.berth(args, { answers: () => "y" });
      if (code !== 0) failed.push(`${words.join(" ")}: ${errors}`);
    }
    expect(failed).toEqual([]);
    const families = new Set(commands.map(([one, two]) => `${one} ${two}`));
    expect([...families].filter((one) => !one.startsWith("client-config")).sort()).toEqual([
      "doctor upstream",
      ...["pin", "pins", "pull", "purge", "status", "unpin"].map((one) => `mirror ${one}`),
    ]);
  });

  it.each(blocks("yaml"))("has configuration files that are right: %s", async (text) => {
    const file = join(await scratchDirectory(), "berth.yaml");
    await writeFile(file, text);
    expect(loadConfig({ file }).mirror.upstreams.length).toBeGreaterThan(0);
  });

  it("tells all that a client may be", () => {
    for (const client of [
      "docker",
      "containerd",
      "k3s",
      "rke2",
      "podman",
      "cri-o",
      "buildkit",
      "kind",
      "minikube",
    ]) {
      expect(page).toContain(client);
    }
  });
});
