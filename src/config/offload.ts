// What `http.offload` builds on: files that another program can send, and somebody whose word is taken.
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import type { Settings } from "./schema.ts";

/** @throws ConfigError when the server in front could never be handed a blob */
export function requireOffloadable(
  { http: { offload, trustedProxies }, storage: { blobs } }: Settings,
  source: string | undefined,
): void {
  if (offload === undefined) return;
  const problems: ConfigProblem[] = [];
  const complain = (what: string) => problems.push({ where: "http.offload", what, source });
  if ("s3" in blobs)
    complain(
      "nginx sends files, and these blobs are in a bucket: leave it out, and set storage.blobs.s3.redirect to let clients fetch from there",
    );
  if ("memory" in blobs)
    complain(
      "nginx sends files, and these blobs are in memory: leave it out, or use storage.blobs.filesystem",
    );
  if (trustedProxies.length === 0)
    complain(
      "only a trusted proxy is handed files: name nginx's address in http.trustedProxies, loopback when it is on this machine",
    );
  if (problems.length > 0) throw new ConfigError(problems);
}
