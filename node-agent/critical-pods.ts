import type { Pod } from "../openapi/api/core.v1.ts";
import { type Lacking, requestOf } from "./predicates.ts";
import { isMirror, isStatic } from "./static-pods.ts";

/** From this priority on the cluster cannot do without a Pod. (scheduling.SystemCriticalPriority) */
const CRITICAL = 2_000_000_000;

/** How much of each resource is still missing. */
type Missing = readonly { readonly name: string; readonly amount: number }[];

/** Whether a Pod may take the place of others. (kubelet/types IsCriticalPod) */
export const isCritical = (pod: Pod): boolean => isStatic(pod) || isMirror(pod) || (pod.spec.priority ?? 0) >= CRITICAL;

/**
 * The Pods that go so that a critical one has room: none that is critical, BestEffort before Burstable before
 * Guaranteed, and as few as possible. (pkg/kubelet/preemption)
 * @returns the error's text when all of them together are not enough
 */
export function podsToPreempt(pod: Pod, others: readonly Pod[], lacking: readonly Lacking[]): Pod[] | string {
  const missing = lacking.map(({ name, requested, used, capacity }) => ({ name, amount: requested - capacity + used }));
  const victims = others.filter((other) => !isCritical(other) || (pod.spec.priority ?? 0) > (other.spec.priority ?? 0));
  const of = (qos: string) => victims.filter(({ status }) => (status?.qosClass ?? "BestEffort") === qos);
  const [bestEffort, burstable, guaranteed] = [of("BestEffort"), of("Burstable"), of("Guaranteed")];
  const left = without(missing, victims);
  if (left.length) {
    const list = left.map(({ name, amount }) => `(res: ${name}, q: ${amount}), `).join("");
    return `preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [${list}]`;
  }
  // Of the better classes only as many as the worse ones cannot make up for.
  const dear = closest(guaranteed, without(missing, [...bestEffort, ...burstable]));
  const middling = closest(burstable, without(missing, [...bestEffort, ...dear]));
  const cheap = closest(bestEffort, without(missing, [...middling, ...dear]));
  return [...cheap, ...middling, ...dear];
}

function without(missing: Missing, pods: readonly Pod[]): Missing {
  return missing
    .map(({ name, amount }) => ({ name, amount: pods.reduce((rest, pod) => rest - requestOf(pod, name), amount) }))
    .filter(({ amount }) => amount > 0);
}

/** Again and again the Pod that comes closest to what is missing. (getPodsToPreemptByDistance) */
function closest(pods: readonly Pod[], missing: Missing): Pod[] {
  const chosen: Pod[] = [];
  const candidates = [...pods];
  for (let rest = missing; rest.length && candidates.length; rest = without(missing, chosen)) {
    const best = candidates.reduce((a, b) => {
      const gap = distance(b, rest) - distance(a, rest);
      return gap < 0 || (gap === 0 && isSmaller(b, a)) ? b : a;
    });
    chosen.push(best);
    candidates.splice(candidates.indexOf(best), 1);
  }
  return chosen;
}

function distance(pod: Pod, missing: Missing): number {
  return missing.reduce((sum, { name, amount }) => {
    const rest = amount - requestOf(pod, name);
    return rest > 0 ? sum + (rest / amount) ** 2 : sum;
  }, 0);
}

function isSmaller(a: Pod, b: Pod): boolean {
  const memory = requestOf(a, "memory") - requestOf(b, "memory");
  return memory < 0 || (memory === 0 && requestOf(a, "cpu") <= requestOf(b, "cpu"));
}
