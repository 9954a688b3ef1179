// Names that stand for others (REQ-64): google_containers/* → registry.k8s.io/*. The configuration saw to it that no rule
// leads to a name which has a rule itself.
import type { MirrorSettings } from "./upstream-settings.ts";

interface ManyRule {
  /** With a slash at the end. */
  readonly from: string;
  readonly to: string;
}

export class VirtualNames {
  readonly #single = new Map<string, string>();
  readonly #many: readonly ManyRule[];

  constructor(rules: MirrorSettings["virtual"]) {
    const isMany = ({ from }: ManyRule) => from.endsWith("/*");
    this.#many = rules
      .filter(isMany)
      .map(({ from, to }) => ({ from: from.slice(0, -1), to: to.slice(0, -1) }));
    for (const rule of rules) if (!isMany(rule)) this.#single.set(rule.from, rule.to);
  }

  /** `<upstream>/<name>`, or undefined where a name means itself. A rule for one name comes before those for many. */
  meaning(name: string): string | undefined {
    const single = this.#single.get(name);
    if (single !== undefined) return single;
    const rule = this.#many.find(({ from }) => name.startsWith(from) && name.length > from.length);
    return rule && rule.to + unflattened(rule.to, name.slice(rule.from.length));
  }
}

/** kubeadm leaves out the first half of coredns/coredns when it is told another image repository. */
function unflattened(to: string, rest: string): string {
  return to === "registry.k8s.io/" && rest === "coredns" ? "coredns/coredns" : rest;
}
