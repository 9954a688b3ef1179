// The mirror's settings as a configuration file gives them.
import { loadConfig } from "../../../src/config/load-config.ts";
import type { MirrorSettings } from "../../../src/pull-through/upstream-settings.ts";

/** @param upstreams as they stand in the file, in JSON's words */
export function mirrorSettings(upstreams: readonly unknown[], mirror: object = {}): MirrorSettings {
  const env = { BERTH_UPSTREAMS: JSON.stringify(upstreams), BERTH_MIRROR: JSON.stringify(mirror) };
  return loadConfig({ env }).mirror;
}
