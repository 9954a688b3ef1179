// The quota of a project, as whoever pushes meets it: refused before the bytes are sent where that can be known, and told
// with the figures and with what to do. The commit decides, in its own transaction; see commands/quotas.ts.
import type { Digest } from "../../storage/digest.ts";
import type { QuotaBreach, QuotaRules, UsageStore } from "../../storage/metadata/usage-store.ts";
import { OciError } from "../oci/oci-error.ts";
import type { RepositoryName } from "../oci/repository-name.ts";

export interface QuotasParts {
  readonly usage: Pick<UsageStore, "findBreach" | "leaving">;
  readonly rules: QuotaRules;
  /** So long after a delete, at most, its bytes count no more. */
  readonly graceSeconds: number;
  readonly now: () => number;
}

/** What is pending is looked up so often, for each project that is full, and among so many hints. */
const rememberedMilliseconds = 10_000;
const maxHints = 2000;
const maxProjects = 1000;
const units = ["B", "KiB", "MiB", "GiB", "TiB"];

export class Quotas {
  readonly #parts: QuotasParts;
  readonly #leaving = new Map<string, { readonly until: number; readonly bytes: Promise<number> }>();

  constructor(parts: QuotasParts) {
    this.#parts = parts;
  }

  /** To be handed with what is committed. */
  get rules(): QuotaRules {
    return this.#parts.rules;
  }

  /**
   * @param digest where it is known: what the project has already may come again
   * @param bytes as far as they are known
   * @throws OciError overQuota
   */
  async expectRoom(repository: RepositoryName, bytes: number, digest?: Digest): Promise<void> {
    const wanted = {
      ...this.#parts.rules,
      repository,
      kind: "blob",
      digest,
      bytes: Math.max(bytes, 1),
    } as const;
    const breach = await this.#parts.usage.findBreach(wanted);
    if (breach !== undefined) throw await this.refusal({ ...breach, neededBytes: bytes });
  }

  async refusal(breach: QuotaBreach): Promise<OciError> {
    // The refusal stands without this figure.
    const pendingBytes = await this.#pending(breach.project).catch(() => 0);
    const { graceSeconds } = this.#parts;
    const reason = sentence({ ...breach, pendingBytes, graceSeconds });
    return new OciError("overQuota", { detail: { reason, ...breach, pendingBytes, graceSeconds } });
  }

  #pending(project: string): Promise<number> {
    const known = this.#leaving.get(project);
    if (known !== undefined && this.#parts.now() < known.until) return known.bytes;
    if (this.#leaving.size >= maxProjects) this.#leaving.clear();
    const bytes = this.#parts.usage.leaving(project, maxHints);
    this.#leaving.set(project, { until: this.#parts.now() + rememberedMilliseconds, bytes });
    return bytes;
  }
}

interface Refusal extends QuotaBreach {
  readonly pendingBytes: number;
  readonly graceSeconds: number;
}

/** Whoever deletes to make room has to know when it is there, and what to do until then. */
function sentence({
  project,
  maxBytes,
  usedBytes,
  neededBytes,
  pendingBytes,
  graceSeconds,
}: Refusal): string {
  const needed = neededBytes === 0 ? "" : `, and this takes ${amount(neededBytes)} more`;
  const grace = span(graceSeconds);
  const pending =
    pendingBytes === 0
      ? ""
      : `; ${amount(pendingBytes)} of it nothing needs, and become free within ${grace}`;
  return `the project ${project} uses ${amount(usedBytes)} of ${amount(maxBytes)}${needed}${pending}. Delete tags that nobody needs, whose room is free ${grace} later, or ask for a larger quota to push now`;
}

const spans: readonly (readonly [number, string])[] = [
  [3600, "hour"],
  [60, "minute"],
];

function span(seconds: number): string {
  const [size, unit] = spans.find(([whole]) => seconds % whole === 0) ?? [1, "second"];
  const count = seconds / size;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function amount(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? "B"}`;
}
