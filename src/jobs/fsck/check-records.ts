// What the database can tell about itself: manifests against their digests, figures of usage against what they count, and
// whether the collector will come by all that nobody needs.
import { algorithmOf, digestOf } from "../../../storage/digest.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import type { FsckReport } from "./fsck-report.ts";

export interface RecordsParts {
  readonly metadata: Pick<MetadataStore, "integrity" | "garbage">;
  readonly report: FsckReport;
  readonly repair: boolean;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** How long the bytes of what nobody has stay for those who read them. */
  readonly readingGraceMilliseconds: number;
}

/** Each may be of some megabytes. */
const manifestsAtOnce = 10;
const rowsAtOnce = 100;

export async function checkRecords(parts: RecordsParts): Promise<void> {
  await checkManifests(parts);
  await checkUsage(parts);
  await checkHints(parts);
}

async function checkManifests({ metadata, report, repair, signal, now }: RecordsParts): Promise<void> {
  for (let after: number | undefined, more = true; more;) {
    signal.throwIfAborted();
    const page = await metadata.integrity.listManifests({ after, limit: manifestsAtOnce });
    for (const manifest of page.entries) {
      const { repository, digest, bytes } = manifest;
      if (digestOf(bytes, algorithmOf(digest)) === digest) continue;
      // a push that came in between has healed it
      if (repair && !(await metadata.integrity.markManifestDamaged(manifest, now()))) continue;
      report.add({ kind: "manifest", digest, repositories: [repository] });
    }
    report.sawManifests(page.entries.length);
    after = page.next;
    more = after !== undefined;
  }
}

async function checkUsage({ metadata, report, repair, signal }: RecordsParts): Promise<void> {
  for (let after: string | undefined, more = true; more;) {
    signal.throwIfAborted();
    const { mismatches, next } = await metadata.integrity.checkUsage({ after, repair });
    for (const { of, name } of mismatches) report.add({ kind: "usage", of, name });
    after = next;
    more = after !== undefined;
  }
}

async function checkHints(parts: RecordsParts): Promise<void> {
  const { metadata, report, repair, signal, readingGraceMilliseconds } = parts;
  for (let after: string | undefined, more = true; more;) {
    signal.throwIfAborted();
    const now = parts.now();
    const step = { after, limit: rowsAtOnce, now, dueAt: now + readingGraceMilliseconds, repair };
    const { hinted, next } = await metadata.garbage.relook(step);
    report.addUnhinted(hinted);
    after = next;
    more = after !== undefined;
  }
}
