import { resourceFacts } from "../registry/facts.ts";
import type { Kind } from "../registry/kind.ts";

/** One resource or subresource as both forms of discovery tell it. */
export interface DiscoveredResource {
  readonly kind: Kind;
  readonly verbs: readonly string[];
  readonly subresources: readonly DiscoveredSubresource[];
}

export interface DiscoveredSubresource {
  readonly name: string;
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string };
  /** The kind is of another group or version than the resource. */
  readonly foreign: boolean;
  readonly verbs: readonly string[];
}

/** Discovery tells verbs of connections (exec, proxy) by their methods, which only the facts know. */
export function discovered(kind: Kind): DiscoveredResource {
  const { group, version, plural } = kind;
  const facts = kind.custom ? undefined : resourceFacts.versions[group ? `${group}/${version}` : version]?.[plural];
  if (!facts) {
    return { kind, verbs: kind.customResource?.discoveredVerbs ?? kind.verbs, subresources: custom(kind) };
  }
  const subresources = Object.entries(facts.subresources ?? {}).map(([name, fact]) => {
    const [otherVersion = version, otherGroup = ""] = fact.kindGroupVersion?.split("/").reverse() ?? [];
    const foreign = fact.kindGroupVersion !== undefined;
    const responseKind = foreign
      ? { group: otherGroup, version: otherVersion, kind: fact.kind }
      : { group, version, kind: fact.kind };
    return { name, responseKind, foreign, verbs: fact.verbs.split(" ") };
  });
  return { kind, verbs: kind.verbs, subresources };
}

function custom({ group, version, kind, subresources }: Kind): DiscoveredSubresource[] {
  return [...subresources].map(([name, { kind: other, verbs }]) => ({
    name,
    responseKind: other ?? { group, version, kind },
    foreign: other !== undefined,
    verbs,
  }));
}
