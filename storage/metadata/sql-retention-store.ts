// The retention store on a database of SQL: which of its methods is which command, and which of them only read.
import type { CommandRunner } from "./command-runner.ts";
import { notePulls } from "./commands/pull-times.ts";
import { expireTags, listPushedTags } from "./commands/pushed-tags.ts";
import { listUntagged, releaseUntagged } from "./commands/untagged-roots.ts";
import type { RetentionStore } from "./retention-store.ts";

export function retentionOver(runner: CommandRunner): RetentionStore {
  return {
    notePulls: (pulled, at) => runner.write(() => notePulls(pulled, at)),
    listTags: (repository, page) => runner.read(() => listPushedTags(repository, page)),
    expireTags: (repository, judged, removal) => runner.write(() => expireTags(repository, judged, removal)),
    listUntagged: (repository, page) => runner.read(() => listUntagged(repository, page)),
    releaseUntagged: (repository, judged, now) =>
      runner.write(() => releaseUntagged(repository, judged, now)),
  };
}
