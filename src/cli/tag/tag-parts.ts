// What the commands on tags have in common: what they are given to work with, how an image is written, and the frame in
// which the history is opened, used and closed.
import type { OpenTags } from "../../assembly/tag-tools.ts";
import type { Config } from "../../config/load-config.ts";
import { configFrom } from "../config-options.ts";
import { StorageFailure } from "../explain-failure.ts";
import type { StorageOptions } from "../storage/storage-parts.ts";
import type { Terminal } from "../terminal.ts";

/** Opens the history of tags of an existing registry; main.ts gives the real one. */
export type Tagging = {
  readonly openTags: (config: Config, options: { readonly now: () => number }) => Promise<OpenTags>;
};

export type TagParts = Tagging & { readonly terminal: Terminal };

/** @throws StorageFailure */
export async function withTags<T>(
  { terminal, openTags }: TagParts,
  options: StorageOptions,
  work: (tags: OpenTags) => Promise<T>,
): Promise<T> {
  const config = configFrom(options, terminal);
  try {
    const tags = await openTags(config, { now: terminal.now });
    try {
      return await work(tags);
    } finally {
      await tags.close();
    }
  } catch (cause) {
    throw new StorageFailure(config, cause, { exclusive: false });
  }
}

/** `team/app:v1`, or a repository alone. */
export function imageIn(text: string): { readonly repository: string; readonly tag: string | undefined } {
  const [, repository = text, tag] = /^(.*):([^/:]+)$/.exec(text) ?? [];
  return { repository, tag };
}

/** A refusal of the registry with its reason, as a sentence of the command line. */
export function sentenceOf(error: unknown): Error {
  if (!(error instanceof Error) || error.name !== "OciError") return error as Error;
  const { reason } = Object((error as { detail?: unknown }).detail) as { reason?: unknown };
  return new Error(`error: ${error.message}${typeof reason === "string" ? `: ${reason}` : ""}`, {
    cause: error,
  });
}
