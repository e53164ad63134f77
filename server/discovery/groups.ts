import { compareVersions } from "../meta/kube-version.ts";
import { resourceFacts } from "../registry/facts.ts";
import type { Kind } from "../registry/kind.ts";

/** A served group: its versions, best first, and what each serves. */
export interface ServedGroup {
  readonly name: string;
  readonly versions: readonly ServedVersion[];
}

export interface ServedVersion {
  readonly version: string;
  readonly kinds: readonly Kind[];
  /** Set for versions that another server has: what it said of itself, if it could be asked. */
  readonly remote?: { readonly resources: readonly object[]; readonly stale: boolean };
}

/** The groups but core, in the order that upstream's priorities give; what clients defined comes after, by name. */
export function servedGroups(kinds: readonly Kind[], remote: readonly ServedGroup[] = []): ServedGroup[] {
  const byGroup = new Map<string, Map<string, Kind[]>>();
  for (const kind of kinds) {
    if (!kind.group) continue;
    let versions = byGroup.get(kind.group);
    if (!versions) {
      versions = new Map();
      byGroup.set(kind.group, versions);
    }
    const list = versions.get(kind.version);
    if (list) list.push(kind);
    else versions.set(kind.version, [kind]);
  }
  const groups = new Map<string, ServedGroup>();
  for (const [name, versions] of byGroup) {
    const list = [...versions].map(([version, own]) => ({ version, kinds: own.sort(byName) }));
    groups.set(name, { name, versions: list.sort((a, b) => compareVersions(a.version, b.version)) });
  }
  for (const { name, versions } of remote) {
    const all = [...(groups.get(name)?.versions ?? []), ...versions];
    groups.set(name, { name, versions: all.sort((a, b) => compareVersions(a.version, b.version)) });
  }
  const order = new Map(resourceFacts.groupOrder.map((name, i) => [name, i]));
  const rank = (name: string) => order.get(name) ?? order.size;
  return [...groups.values()].sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

/** Core's one version. */
export function coreVersion(kinds: readonly Kind[]): ServedVersion {
  return { version: "v1", kinds: kinds.filter(({ group }) => group === "").sort(byName) };
}

function byName(a: Kind, b: Kind): number {
  return a.plural < b.plural ? -1 : 1;
}
