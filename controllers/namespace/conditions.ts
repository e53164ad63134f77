import { timestamp } from "../../client/index.ts";
import type { NamespaceCondition } from "../../openapi/api/core.v1.ts";

/** What one try at emptying a namespace found. */
export interface Findings {
  discoveryErrors: string[];
  contentErrors: string[];
  /** `resource.group` → objects left */
  remaining: Map<string, number>;
  /** finalizer → objects that have it */
  finalizers: Map<string, number>;
}

const OK: Record<string, [reason: string, message: string]> = {
  NamespaceDeletionDiscoveryFailure: ["ResourcesDiscovered", "All resources successfully discovered"],
  NamespaceDeletionGroupVersionParsingFailure: ["ParsedGroupVersions", "All legacy kube types successfully parsed"],
  NamespaceDeletionContentFailure: [
    "ContentDeleted",
    "All content successfully deleted, may be waiting on finalization",
  ],
  NamespaceContentRemaining: ["ContentRemoved", "All content successfully removed"],
  NamespaceFinalizersRemaining: ["ContentHasNoFinalizers", "All content-preserving finalizers finished"],
};

/** The five conditions of a namespace that goes away. Follows pkg/controller/namespace/deletion. */
export function namespaceConditions(
  old: readonly NamespaceCondition[] | undefined,
  findings: Findings,
  now: Date,
): NamespaceCondition[] {
  const bad = problems(findings);
  const list = [...(old ?? [])];
  for (const [type, [okReason, okMessage]] of Object.entries(OK)) {
    const problem = bad.get(type);
    const fresh: NamespaceCondition = {
      type,
      status: problem ? "True" : "False",
      lastTransitionTime: timestamp(now),
      reason: problem?.[0] ?? okReason,
      message: problem?.[1] ?? okMessage,
    };
    const i = list.findIndex((condition) => condition.type === type);
    const known = list[i];
    if (!known) list.push(fresh);
    else if (known.status !== fresh.status) list[i] = fresh;
    else list[i] = { ...fresh, lastTransitionTime: known.lastTransitionTime };
  }
  return list;
}

function problems(findings: Findings): Map<string, [string, string]> {
  const { discoveryErrors, contentErrors, remaining, finalizers } = findings;
  const bad = new Map<string, [string, string]>();
  const told = (counts: Map<string, number>, word: string) =>
    [...counts]
      .map(([name, count]) => `${name} ${word} ${count} resource instances`)
      .sort()
      .join(", ");
  if (discoveryErrors.length) {
    const message = `Discovery failed for some groups, ${discoveryErrors.length} failing: unable to retrieve the complete list of server APIs: ${discoveryErrors.join(", ")}`;
    bad.set("NamespaceDeletionDiscoveryFailure", ["DiscoveryFailed", message]);
  }
  if (contentErrors.length) {
    const message = `Failed to delete all resource types, ${contentErrors.length} remaining: ${[...contentErrors].sort().join(", ")}`;
    bad.set("NamespaceDeletionContentFailure", ["ContentDeletionFailed", message]);
  }
  if (remaining.size) {
    const message = `Some resources are remaining: ${told(remaining, "has")}`;
    bad.set("NamespaceContentRemaining", ["SomeResourcesRemain", message]);
  }
  if (finalizers.size) {
    const message = `Some content in the namespace has finalizers remaining: ${told(finalizers, "in")}`;
    bad.set("NamespaceFinalizersRemaining", ["SomeFinalizersRemain", message]);
  }
  return bad;
}
