// CPU time and memory of processes, as Linux counts them in /proc. Elsewhere nothing is known, and nothing is shown.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

export interface Usage {
  readonly cpuSeconds: number;
  /** The highest since it was forgotten last, of all together. */
  readonly peakMiB: number;
}

/** `getconf CLK_TCK`: a promise of Linux to its programs, on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** Of all these processes; undefined where one of them can't be looked at. */
export function usageOf(pids: readonly number[]): Usage | undefined {
  if (pids.length === 0) return undefined;
  try {
    const each = pids.map((pid) => ({ cpuSeconds: cpuSeconds(pid), peakMiB: peakMiB(pid) }));
    const sum = (key: keyof Usage): number => each.reduce((total, usage) => total + usage[key], 0);
    return { cpuSeconds: sum("cpuSeconds"), peakMiB: sum("peakMiB") };
  } catch {
    return undefined;
  }
}

/** Lets the highest memory count from now on. */
export function forgetPeaks(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, "5");
    } catch {
      // then the figure is that of its whole life
    }
  }
}

/** A process and those that it started, and so on. */
export function processTree(pid: number): readonly number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(processTree)];
  } catch {
    return [pid];
  }
}

/** User and system time. The name, which may hold spaces, stands in brackets. */
function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function peakMiB(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

/** In use at this moment, MiB. */
export function residentMiB(pids: readonly number[]): number {
  const each = pids.map((pid) => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  return each.reduce((sum, kibibytes) => sum + Number(kibibytes ?? 0), 0) / 1024;
}
