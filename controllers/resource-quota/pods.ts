import { type Amounts, addAmounts, amountsOf, maxAmounts } from "../../client/index.ts";
import type { Affinity, Container, ContainerStatus, Pod } from "../../openapi/api/core.v1.ts";
import { deepEqual } from "../equality.ts";
import { countName, type Evaluator, matchesName, ONE, type Scope } from "./evaluator.ts";

type AnyPod = Readonly<Pod>;

const COUNT = countName("", "pods");
const DEVICE_CLASS = "deviceclass.resource.kubernetes.io/";
const BASIC = ["cpu", "memory", "ephemeral-storage"];
const RESOURCES = [COUNT, "pods", ...BASIC.flatMap((name) => [name, `requests.${name}`, `limits.${name}`])];

const isHugePage = (name: string): boolean => name.startsWith("hugepages-");
/** A name with a domain that is not Kubernetes' own. */
const isExtended = (name: string): boolean => name.includes("/") && !name.includes("kubernetes.io/");

/** Pods by number and by what they ask for. (pkg/quota/v1/evaluator/core/pods.go) */
export const podEvaluator: Evaluator<Pod> = {
  matches(name) {
    if (RESOURCES.includes(name) || isHugePage(name) || name.startsWith("requests.hugepages-")) return true;
    if (!name.startsWith("requests.")) return false;
    return isExtended(name) || name.startsWith(`requests.${DEVICE_CLASS}`);
  },
  matchesScope,
  usage(pod, now) {
    const count = new Map([[COUNT, ONE]]);
    return isUsing(pod, now) ? addAmounts(count, usageOf(pod)) : count;
  },
  frees: (pod, old, now) =>
    (isUsing(old, now) && !isUsing(pod, now)) ||
    isTerminating(pod) !== isTerminating(old) ||
    statusesOf(old).some((status) => {
      const now = statusesOf(pod).find(({ name }) => name === status.name);
      return now && !deepEqual(now.resources, status.resources);
    }),
};

/** One Pod, and its amounts under the names that quotas know. */
function usageOf(pod: AnyPod): Amounts {
  const usage = new Map([["pods", ONE]]);
  for (const [name, quantity] of total(pod, "requests")) {
    if (BASIC.includes(name) || isHugePage(name)) usage.set(name, quantity);
    if (BASIC.includes(name) || isHugePage(name) || isExtended(name) || name.startsWith(DEVICE_CLASS))
      usage.set(`requests.${name}`, quantity);
  }
  for (const [name, quantity] of total(pod, "limits")) if (BASIC.includes(name)) usage.set(`limits.${name}`, quantity);
  return usage;
}

type Side = "requests" | "limits";
const statusesOf = ({ status }: AnyPod): readonly ContainerStatus[] => [
  ...(status.containerStatuses ?? []),
  ...(status.initContainerStatuses ?? []),
];

/**
 * What a Pod needs at the most at one time: its containers together, or its hungriest init container with the sidecars
 * started before it; of a container that is being resized the larger of wish and state. (PodRequests, PodLimits)
 */
function total(pod: AnyPod, side: Side): Amounts {
  const statuses = new Map(statusesOf(pod).map((status) => [status.name, status]));
  const isInfeasible = !!pod.status.conditions?.some(
    ({ type, reason }) => type === "PodResizePending" && reason === "Infeasible",
  );
  const needs = ({ name, resources }: Container): Amounts => {
    const wanted = amountsOf(resources[side]);
    const status = statuses.get(name);
    if (!status || (side === "limits" && !status.resources)) return wanted;
    const actual = amountsOf(status.resources?.[side]);
    const given = side === "requests" ? maxAmounts(actual, amountsOf(status.allocatedResources)) : actual;
    return isInfeasible ? given : maxAmounts(wanted, given);
  };
  let running: Amounts = new Map();
  for (const container of pod.spec.containers ?? []) running = addAmounts(running, needs(container));
  let sidecars: Amounts = new Map();
  let starting: Amounts = new Map();
  for (const container of pod.spec.initContainers ?? []) {
    if (container.restartPolicy === "Always") {
      running = addAmounts(running, needs(container));
      sidecars = addAmounts(sidecars, needs(container));
      starting = maxAmounts(starting, sidecars);
    } else starting = maxAmounts(starting, addAmounts(needs(container), sidecars));
  }
  const result = maxAmounts(running, starting);
  for (const [name, quantity] of amountsOf(pod.spec.resources?.[side]))
    if (name === "cpu" || name === "memory" || isHugePage(name)) result.set(name, quantity);
  const overhead = [...amountsOf(pod.spec.overhead)].filter(([name]) => side === "requests" || result.has(name));
  return addAmounts(result, new Map(overhead));
}

function matchesScope(scope: Scope, pod: AnyPod): boolean {
  switch (scope.scopeName) {
    case "Terminating":
      return isTerminating(pod);
    case "NotTerminating":
      return !isTerminating(pod);
    case "BestEffort":
      return pod.status.qosClass === "BestEffort";
    case "NotBestEffort":
      return pod.status.qosClass !== "BestEffort";
    case "PriorityClass":
      return matchesName(scope, pod.spec.priorityClassName || undefined);
    case "CrossNamespacePodAffinity":
      return looksAtOtherNamespaces(pod.spec.affinity);
    default:
      return false;
  }
}

const isTerminating = ({ spec }: AnyPod): boolean => (spec.activeDeadlineSeconds ?? -1) >= 0;

function looksAtOtherNamespaces({ podAffinity, podAntiAffinity }: Affinity = {}): boolean {
  const terms = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some(({ namespaces, namespaceSelector }) => !!namespaces?.length || namespaceSelector !== undefined);
}

/** Not over, nor past its grace period. (QuotaV1Pod) */
export function isUsing({ status, metadata }: AnyPod, now: Date): boolean {
  if (status.phase === "Failed" || status.phase === "Succeeded") return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return now.getTime() <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}
