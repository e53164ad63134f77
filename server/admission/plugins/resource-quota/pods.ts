import type { Affinity, Container, Pod, PodAffinityTerm } from "../../../../openapi/api/core.v1.ts";
import type { Quantity } from "../../../meta/quantity.ts";
import { timeOf } from "../../../meta/time.ts";
import { hasPodLevelResources, isPodLevelResource, podLimits, podRequests } from "../../pod-resources.ts";
import { type Amounts, addAmounts, amountsOf } from "../../resource-list.ts";
import { isExtendedResource } from "../extended-resource-toleration.ts";
import { countName, type Evaluator, matchesName, ONE, type Scope } from "./evaluator.ts";

const COUNT = countName("", "pods");
const DEVICE_CLASS = "deviceclass.resource.kubernetes.io/";
const BASIC = ["cpu", "memory", "ephemeral-storage"];
const RESOURCES = [COUNT, "pods", ...BASIC.flatMap((name) => [name, `requests.${name}`, `limits.${name}`])];
/** What every container must say for a quota of it to mean anything. */
const REQUIRED = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

/** (pkg/quota/v1/evaluator/core/pods.go) */
export const podEvaluator: Evaluator<Pod> = {
  handles({ subresource, operation, object, oldObject }) {
    if (subresource === "resize") return operation === "UPDATE";
    if (subresource !== "") return false;
    if (operation === "UPDATE" && object && oldObject) return isTerminating(object) !== isTerminating(oldObject);
    return operation === "CREATE";
  },
  matches: (name) =>
    RESOURCES.includes(name) ||
    name.startsWith("hugepages-") ||
    name.startsWith("requests.hugepages-") ||
    isExtendedRequest(name),
  matchesScope,
  constraint(resources, pod) {
    if (hasPodLevelResources(pod)) return undefined;
    const required = resources.filter((name) => REQUIRED.includes(name)).sort();
    const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
    const problems = required.flatMap((name) => {
      const missing = containers.filter((container) => !usageOfContainer(container).has(name));
      if (missing.length === 0) return [];
      return [`${name} for: ${[...new Set(missing.map((container) => container.name))].sort().join(",")}`];
    });
    return problems.length > 0 ? `must specify ${problems.join("; ")}` : undefined;
  },
  usage(pod, now) {
    const count = new Map([[COUNT, ONE]]);
    if (!isUsing(pod, now)) return count;
    const options = { useStatus: true, overhead: true, podLevel: isPodLevelResource };
    return addAmounts(count, usageOf(podRequests(pod, options), podLimits(pod, options)));
  },
};

function usageOfContainer({ resources }: Container): Amounts {
  return usageOf(amountsOf(resources.requests), amountsOf(resources.limits));
}

/** One Pod, and its amounts under the names that quotas know. */
function usageOf(requests: Amounts, limits: Amounts): Amounts {
  const usage = new Map<string, Quantity>([["pods", ONE]]);
  for (const [name, quantity] of requests) {
    const isHugePage = name.startsWith("hugepages-");
    const isDevice = isExtendedResource(name) || name.startsWith(DEVICE_CLASS);
    if (BASIC.includes(name) || isHugePage) usage.set(name, quantity);
    if (BASIC.includes(name) || isHugePage || isDevice) usage.set(`requests.${name}`, quantity);
  }
  for (const [name, quantity] of limits) if (BASIC.includes(name)) usage.set(`limits.${name}`, quantity);
  return usage;
}

/** `requests.example.com/gpu` */
export function isExtendedRequest(name: string): boolean {
  if (!name.startsWith("requests.")) return false;
  const isNative = !name.includes("/") || name.includes("kubernetes.io/");
  return !isNative || name.startsWith(`requests.${DEVICE_CLASS}`);
}

function matchesScope(scope: Scope, pod: Pod): boolean {
  switch (scope.scopeName) {
    case "Terminating":
      return isTerminating(pod);
    case "NotTerminating":
      return !isTerminating(pod);
    case "BestEffort":
      return isBestEffort(pod);
    case "NotBestEffort":
      return !isBestEffort(pod);
    case "PriorityClass":
      return matchesName(scope, pod.spec.priorityClassName || undefined);
    case "CrossNamespacePodAffinity":
      return looksAtOtherNamespaces(pod.spec.affinity);
    default:
      return false;
  }
}

function isTerminating({ spec }: Pod): boolean {
  return (spec.activeDeadlineSeconds ?? -1) >= 0;
}

/** No container, nor the Pod, asks for cpu or memory. (qos.GetPodQOS) */
function isBestEffort(pod: Pod): boolean {
  if (pod.status?.qosClass) return pod.status.qosClass === "BestEffort";
  const { spec } = pod;
  const asks = (list: Readonly<Record<string, string>> | undefined) =>
    ["cpu", "memory"].some((name) => (amountsOf(list).get(name)?.mantissa ?? 0n) > 0n);
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources }) => resources);
  const relevant = hasPodLevelResources(pod) && spec.resources ? [spec.resources] : all;
  return relevant.every(({ requests, limits }) => !asks(requests) && !asks(limits));
}

function looksAtOtherNamespaces({ podAffinity, podAntiAffinity }: Affinity = {}): boolean {
  const terms: PodAffinityTerm[] = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some(({ namespaces, namespaceSelector }) => !!namespaces?.length || namespaceSelector !== undefined);
}

/** Not over, nor past its grace period. (QuotaV1Pod) */
function isUsing({ status, metadata }: Pod, now: Date): boolean {
  if (status?.phase === "Failed" || status?.phase === "Succeeded") return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return now.getTime() <= timeOf(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}
