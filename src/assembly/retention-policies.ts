// From the configuration of retention to its rules, and from pins and immutable tags to what no rule touches.
import type { Config } from "../config/load-config.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import { immutableTagsBy } from "../policies/immutable-tags.ts";
import type { Exemptions, RetentionPolicy } from "../policies/retention.ts";
import type { Keep, RetentionRule } from "../policies/retention-rules.ts";
import { pinnedBy } from "../pull-through/keeping/pinned-images.ts";

type PolicySettings = Config["retention"]["policies"][number];
type RuleSettings = PolicySettings["rules"][number];

export function retentionPolicies({ retention }: Config): RetentionPolicy[] {
  return retention.policies.map(({ deleteUntaggedAfterSeconds, rules, ...policy }) => ({
    ...policy,
    rules: rules.map(ruleOf),
    deleteUntaggedAfterMilliseconds:
      deleteUntaggedAfterSeconds === undefined ? undefined : deleteUntaggedAfterSeconds * 1000,
  }));
}

function ruleOf({ name, tags, except, ...settings }: RuleSettings): RetentionRule {
  return { name, tags, except, keep: keepOf(settings) };
}

/** The schema sees to it that exactly one is given. */
function keepOf(settings: Omit<RuleSettings, "name" | "tags" | "except">): Keep {
  const { keepNewest, keepPushedWithinSeconds, keepPulledWithinSeconds, keepVersions, versionsOf } = settings;
  if (keepNewest !== undefined) return { kind: "newest", count: keepNewest };
  if (keepPushedWithinSeconds !== undefined) {
    return { kind: "pushed-within", milliseconds: keepPushedWithinSeconds * 1000 };
  }
  if (keepPulledWithinSeconds !== undefined) {
    return { kind: "pulled-within", milliseconds: keepPulledWithinSeconds * 1000 };
  }
  if (keepVersions !== undefined) {
    return { kind: "versions", count: keepVersions, each: versionsOf ?? "repository" };
  }
  return { kind: "all" };
}

/** Pins keep what was pushed as they keep what is cached. */
export async function exemptionsOf(
  { mirror, tags }: Config,
  metadata: Pick<MetadataStore, "mirror">,
): Promise<Exemptions> {
  return {
    immutable: immutableTagsBy(tags.immutable),
    pinned: pinnedBy([...mirror.pins, ...(await metadata.mirror.pins.list())]),
  };
}
