import type { Pod } from "../../../../openapi/api/core.v1.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import { evaluate, printReasons } from "./evaluate.ts";
import { type LevelVersion, printLevel } from "./policy.ts";

const MAX_PODS = 3000;

/** Warnings for a namespace that gets stricter than the Pods in it. (EvaluatePodsInNamespace) */
export function warnOfExisting(namespace: string, all: readonly Readonly<Pod>[], enforce: LevelVersion): string[] {
  const pods = oneOfEachControllerFirst(all).slice(0, MAX_PODS);
  const namesByReason = new Map<string, string[]>();
  for (const { metadata, spec } of pods) {
    const violations = evaluate(enforce, metadata, spec);
    if (violations.length === 0) continue;
    const reason = printReasons(violations);
    namesByReason.set(reason, [...(namesByReason.get(reason) ?? []), metadata.name ?? ""]);
  }
  const warnings: string[] = [];
  if (pods.length < all.length) {
    const seen = `the first ${pods.length} of ${all.length} existing pods`;
    warnings.push(`new PodSecurity enforce level only checked against ${seen}`);
  }
  if (namesByReason.size > 0) {
    const level = goQuote(printLevel(enforce));
    warnings.push(
      `existing pods in namespace ${goQuote(namespace)} violate the new PodSecurity enforce level ${level}`,
    );
  }
  return [...warnings, ...[...namesByReason].map(([reason, names]) => `${printNames(names)}: ${reason}`).sort()];
}

/** Pods of one controller are alike: the rest of them comes last. */
function oneOfEachControllerFirst(pods: readonly Readonly<Pod>[]): Readonly<Pod>[] {
  const seen = new Set<string>();
  const first: Readonly<Pod>[] = [];
  const later: Readonly<Pod>[] = [];
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
    if (owner !== undefined && seen.has(owner)) later.push(pod);
    else first.push(pod);
    if (owner !== undefined) seen.add(owner);
  }
  return [...first, ...later];
}

function printNames(names: readonly string[]): string {
  const first = names.toSorted()[0]!;
  if (names.length === 1) return first;
  return `${first} (and ${names.length - 1} other ${names.length === 2 ? "pod" : "pods"})`;
}
