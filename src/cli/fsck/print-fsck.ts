// What `berth fsck` prints, and how it judges what was found.
import type { Finding, FsckProgress, FsckReport } from "../../assembly/fsck-tools.ts";
import { byteCount } from "../output/byte-count.ts";
import type { Document } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { fields, table } from "../output/table.ts";
import type { Terminal } from "../terminal.ts";

export function standOf({ objects, bytes, blobs, manifests, readBytes, found }: FsckProgress): string {
  const read = readBytes > 0 ? `, ${byteCount(readBytes)} read` : "";
  return `${objects} objects, ${byteCount(bytes)}, ${blobs} blobs, ${manifests} manifests checked${read}; ${found} found`;
}

export function printFsck(terminal: Terminal, report: FsckReport, json: boolean): void {
  const { stdout } = terminal;
  const findings = report.findings.map(documentOf);
  if (json) return stdout(jsonText({ ...summaryOf(report), findings }));
  stdout(fields(textOf(report)));
  if (findings.length > 0) {
    const columns = ["kind", "digest", "locator", "size", "storedSize", "repositories"];
    stdout(`\n${table(columns, report.findings.map(shortOf))}`);
  }
  const named = report.findings.length + report.counts.unhinted;
  if (report.found > named) stdout(`… and ${report.found - named} more\n`);
  printQuarantine(terminal, report);
}

function printQuarantine({ stdout }: Terminal, report: FsckReport): void {
  const places = report.findings.flatMap((one) => ("quarantined" in one ? (one.quarantined ?? []) : []));
  if (places.length > 0) stdout(`\nkept apart:\n${places.map((place) => `  ${place}\n`).join("")}`);
  const { objects, bytes } = report.quarantined;
  if (objects === 0) return;
  const what = objects === 1 ? "1 object" : `${objects} objects`;
  stdout(
    `\nthe quarantine holds ${what} (${byteCount(bytes)}), which nothing needs: delete them when you have seen them, by rm or aws s3 rm\n`,
  );
}

function summaryOf(report: FsckReport): Document {
  const { objects, objectBytes, blobs, manifests, readBytes, counts, orphanBytes } = report;
  const { damaged, staleUploads, repaired, quarantined } = report;
  return {
    ...{ objects, objectBytes, blobs, manifests, readBytes, orphans: counts.orphan, orphanBytes },
    ...{ missing: counts.missing, wrongSize: counts["wrong-size"], wrongDigest: counts["wrong-digest"] },
    ...{ unreadable: counts.unreadable, recovered: counts.recovered, wrongManifests: counts.manifest },
    ...{ wrongUsage: counts.usage, unhinted: counts.unhinted, damaged, staleUploads, repaired },
    ...{ quarantinedObjects: quarantined.objects, quarantinedBytes: quarantined.bytes },
  };
}

function textOf(report: FsckReport): Document {
  const { objects, objectBytes, blobs, manifests, readBytes, counts, orphanBytes } = report;
  return {
    objects: `${objects} (${byteCount(objectBytes)})`,
    blobs,
    manifests,
    ...(readBytes > 0 && { read: byteCount(readBytes) }),
    "objects without a blob": counts.orphan === 0 ? 0 : `${counts.orphan} (${byteCount(orphanBytes)})`,
    "blobs without an object": counts.missing,
    "blobs of another size": counts["wrong-size"],
    "blobs of other bytes": counts["wrong-digest"],
    ...(counts.unreadable > 0 && { "blobs that can't be read": counts.unreadable }),
    ...(counts.recovered > 0 && { "damaged blobs whose bytes are back": counts.recovered }),
    "manifests of other bytes": counts.manifest,
    "figures of usage that are wrong": counts.usage,
    "left behind without a hint": counts.unhinted,
    "damaged before, waiting for a push": report.damaged,
    ...(report.repaired && { "forgotten uploads removed": report.staleUploads }),
  };
}

/** Empty lists and what is not known are left out. */
function documentOf(finding: Finding): Document {
  return { ...finding };
}

function shortOf(finding: Finding): Document {
  if (finding.kind === "usage")
    return { kind: finding.kind, repositories: [`${finding.of} ${finding.name}`] };
  return documentOf(finding);
}

/** @throws Error when something is left to do */
export function judge({ found, repaired }: FsckReport, repair: boolean): void {
  if (found === 0 || repaired) return;
  const count = found === 1 ? "1 thing is" : `${found} things are`;
  throw new Error(
    repair
      ? `error: nothing was repaired: of the blobs that the database knows none is in this blob store. Is it the right one, and mounted? Where all of it is lost, pushes heal it one by one.`
      : `error: ${count} not right; berth fsck --repair mends what can be mended`,
  );
}
