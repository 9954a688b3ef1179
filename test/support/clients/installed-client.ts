// Which real clients this machine has. Of its own, so that a missing one is reported as skipped, in one way everywhere.
import { execFileSync } from "node:child_process";

export interface InstalledClient {
  /** Name and version: the title under which the results table lists the client. */
  title: string;
  missing: boolean;
}

/** Asks the program for its version; a program that is not there gives `missing`. */
export function installedClient(
  name: string,
  program: string,
  args: readonly string[] = ["--version"],
): InstalledClient {
  try {
    const output = execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return { title: `${name} ${/\d+\.\d+[^\s,]*/.exec(output)?.[0] ?? "unknown"}`, missing: false };
  } catch {
    return { title: `${name} (not installed)`, missing: true };
  }
}

// Absolute, because another, newer docker may stand earlier in the PATH.
export const dockerProgram = "/usr/bin/docker";
export const dockerdProgram = "/usr/sbin/dockerd";

export const docker = installedClient("docker", dockerdProgram);
export const containerd = installedClient("containerd", "containerd", ["--version"]);
export const skopeo = installedClient("skopeo", "skopeo");
export const buildah = installedClient("buildah", "buildah");
export const podman = installedClient("podman", "podman");
export const debootstrap = installedClient("debootstrap", "debootstrap");
