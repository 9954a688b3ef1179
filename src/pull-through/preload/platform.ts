// Platforms as people write them (linux/arm64, linux/arm/v7) and as indexes list them (image-spec, image-index:
// platform), and when the two mean the same.

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

const part = "[a-z0-9][a-z0-9._-]{0,31}";
const grammar = new RegExp(`^(${part})/(${part})(?:/(${part}))?$`);

/** undefined for what is no platform. */
export function parsePlatform(text: string): Platform | undefined {
  const [, os, architecture, variant] = grammar.exec(text) ?? [];
  return os === undefined || architecture === undefined ? undefined : { os, architecture, variant };
}

export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join("/");
}

/** Go's names, as images have them, for those of node. */
const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

/** Of the machine that this runs on; images are Linux's wherever it is. */
export function platformOf(nodeArchitecture: string): Platform {
  return { os: "linux", architecture: architectures[nodeArchitecture] ?? nodeArchitecture };
}

/** arm64 has one variant, v8, which many indexes leave out. Without a wanted variant any fits. */
export function fits(wanted: Platform, offered: Platform): boolean {
  if (wanted.os !== offered.os || wanted.architecture !== offered.architecture) return false;
  if (wanted.variant === undefined || wanted.variant === offered.variant) return true;
  return wanted.architecture === "arm64" && wanted.variant === "v8" && offered.variant === undefined;
}
