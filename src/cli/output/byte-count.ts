// Numbers of bytes and spans of time as people read them.

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** 1536 → 1.5 KiB */
export function byteCount(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? "B"}`;
}

/** 3725 s → 1 h 02 min */
export function timeSpan(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
