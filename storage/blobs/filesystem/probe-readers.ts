// Whether another user of this machine, such as a web server's, could read what the filesystem store keeps: by the modes of
// the folders on the way and of an object that is there, which is one that the server itself has written.
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { digestAlgorithms } from "../../digest.ts";
import type { Probe } from "../probe.ts";
import { runProbeSteps, Unneeded } from "../probe-steps.ts";
import { absentAsUndefined } from "./file-operations.ts";
import { Layout } from "./layout.ts";

export async function* probeReaders(directory: string): AsyncGenerator<Probe> {
  yield* runProbeSteps([
    { name: "other users", run: () => whoReads(new Layout(directory).blobs), advise: adviceOn },
  ]);
}

function adviceOn(error: unknown): string | undefined {
  return error instanceof Unneeded ? undefined : advice;
}

const advice =
  "Let the web server's user in, as a member of Berth's group (chmod -R g+rX) or as everybody (o+rX), and start Berth with a " +
  "umask that keeps it so, 027 or 022.";

/** The bits of a mode for everybody and for the group, by what is asked of a file or of a folder on the way. */
const bits = { read: { everybody: 0o4, group: 0o40 }, enter: { everybody: 0o1, group: 0o10 } };

async function whoReads(blobs: string): Promise<string> {
  const isThere = await absentAsUndefined(stat(blobs));
  if (isThere === undefined) throw new Unneeded("there is no store yet");
  const object = await someObject(blobs);
  const groups = new Set<number>();
  for (const place of [...foldersTo(object ?? blobs), object ?? blobs]) {
    const { everybody, group } = place === object ? bits.read : bits.enter;
    const { mode, gid } = await stat(place);
    if ((mode & everybody) !== 0) continue;
    if ((mode & group) === 0) throw new Error(`${place} is its owner's alone (${octal(mode)})`);
    groups.add(gid);
  }
  const whom = groups.size === 0 ? "everybody" : `members of group ${[...groups].join(" and ")}`;
  if (object === undefined) throw new Unneeded(`nothing is stored yet; ${whom} may enter the folder`);
  return `${whom} may read the blobs`;
}

function octal(mode: number): string {
  return `mode ${(mode & 0o7777).toString(8).padStart(4, "0")}`;
}

/** All folders above, from the root on. */
function foldersTo(place: string): string[] {
  const parent = path.dirname(place);
  return parent === place ? [] : [...foldersTo(parent), parent];
}

async function someObject(blobs: string): Promise<string | undefined> {
  for (const algorithm of digestAlgorithms) {
    const shards = path.join(blobs, algorithm);
    for (const shard of await readdir(shards).catch(() => [])) {
      const [name] = await readdir(path.join(shards, shard));
      if (name !== undefined) return path.join(shards, shard, name);
    }
  }
  return undefined;
}
