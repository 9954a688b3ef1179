// What `berth gc --dry-run` prints: every manifest, link and blob that a run would remove, and their sum.
import type { OpenGc } from "../../assembly/gc-tools.ts";
import type { Document } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import type { Progress } from "../output/progress.ts";
import { table } from "../output/table.ts";
import type { Terminal } from "../terminal.ts";
import { amountText } from "./gc-parts.ts";

type Plan = ReturnType<OpenGc["collector"]["plan"]>;

export async function printPlan(
  terminal: Terminal,
  { json = false }: { readonly json?: boolean },
  plan: Plan,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<void> {
  const manifests: Document[] = [];
  const links: Document[] = [];
  const blobs: Document[] = [];
  let bytes = 0;
  const amount = () => ({ manifests: manifests.length, links: links.length, blobs: blobs.length, bytes });
  for await (const page of plan) {
    signal.throwIfAborted();
    manifests.push(...page.manifests.map((one) => ({ ...one })));
    links.push(...page.links.map((one) => ({ ...one })));
    blobs.push(...page.blobs.map((one) => ({ ...one })));
    for (const { size } of page.blobs) bytes += size;
    progress.show(() => `found ${amountText(amount())}`);
  }
  progress.end();
  if (json) return terminal.stdout(jsonText({ manifests, links, blobs, bytes }));
  const rows = [
    ...manifests.map((one) => ({ kind: "manifest", ...one })),
    ...links.map((one) => ({ kind: "link", ...one })),
    ...blobs.map((one) => ({ kind: "blob", ...one })),
  ];
  if (rows.length > 0) terminal.stdout(`${table(["kind", "repository", "digest", "size"], rows)}\n`);
  terminal.stdout(`would remove ${amountText(amount())}\n`);
}
