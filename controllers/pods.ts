import type { ApiObject } from "../client/index.ts";
import type { Pod, PodTemplateSpec } from "../openapi/api/core.v1.ts";
import { controllerRef } from "./owner.ts";

type ReadonlyPod = Readonly<Pod>;

/** Neither finished nor being deleted. (controller.IsPodActive) */
export function isActive({ metadata, status }: ReadonlyPod): boolean {
  return !isFinished({ status }) && !metadata.deletionTimestamp;
}

/** Succeeded or failed: it will not run again. */
export function isFinished({ status }: Pick<ReadonlyPod, "status">): boolean {
  return status.phase === "Succeeded" || status.phase === "Failed";
}

/** Being deleted but not finished. (controller.IsPodTerminating) */
export function isTerminating(pod: ReadonlyPod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp !== undefined;
}

export function podCondition({ status }: ReadonlyPod, type: string) {
  return status.conditions?.find((condition) => condition.type === type);
}

export function isReady(pod: ReadonlyPod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Milliseconds until a ready Pod counts as available: 0 when it does, undefined when it is not ready. */
export function availableInMs(pod: ReadonlyPod, minReadySeconds: number, now: Date): number | undefined {
  const condition = podCondition(pod, "Ready");
  if (condition?.status !== "True") return undefined;
  if (!minReadySeconds) return 0;
  if (!condition.lastTransitionTime) return undefined;
  return Math.max(0, Date.parse(condition.lastTransitionTime) + minReadySeconds * 1000 - now.getTime());
}

/** Ready for at least `minReadySeconds`. (podutil.IsPodAvailable) */
export function isAvailable(pod: ReadonlyPod, minReadySeconds: number, now: Date): boolean {
  return availableInMs(pod, minReadySeconds, now) === 0;
}

/** A Pod's start of name may be 253 characters with the dash; else the dash goes. (getPodsPrefix) */
function podsPrefix(name: string): string {
  return name.length < 253 ? `${name}-` : name;
}

/** The Pod that a controller makes of its template. (controller.GetPodFromTemplate) */
export function podFromTemplate(template: Readonly<PodTemplateSpec>, owner: ApiObject): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: podsPrefix(owner.metadata.name ?? ""),
      namespace: owner.metadata.namespace,
      ...(labels && { labels: { ...labels } }),
      ...(annotations && { annotations: { ...annotations } }),
      ...(finalizers && { finalizers: [...finalizers] }),
      ownerReferences: [controllerRef(owner)],
    },
    spec: structuredClone(template.spec),
    status: {},
  };
}

const PHASES = ["Pending", "Unknown", "Running"];
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

/** The Pods least worth keeping first, without regard to costs and nodes. (ActivePods) */
export function byActivity(pods: readonly ReadonlyPod[]): ReadonlyPod[] {
  /** Of two moments the later one first; one that is missing before all. */
  const later = (a: string | undefined, b: string | undefined) =>
    (b ? Date.parse(b) : Number.MAX_VALUE) - (a ? Date.parse(a) : Number.MAX_VALUE);
  const readySince = (pod: ReadonlyPod) => podCondition(pod, "Ready")?.lastTransitionTime;
  return [...pods].sort(
    (a, b) =>
      Number(!!a.spec.nodeName) - Number(!!b.spec.nodeName) ||
      PHASES.indexOf(a.status.phase ?? "") - PHASES.indexOf(b.status.phase ?? "") ||
      Number(isReady(a)) - Number(isReady(b)) ||
      (isReady(a) && later(readySince(a), readySince(b))) ||
      restarts(b) - restarts(a) ||
      later(a.metadata.creationTimestamp, b.metadata.creationTimestamp),
  );
}

const restarts = ({ status }: ReadonlyPod): number =>
  Math.max(0, ...(status.containerStatuses ?? []).map(({ restartCount }) => restartCount ?? 0));

/**
 * The Pods to delete first: unassigned, pending, not ready, cheap, doubled up on a node, young. Ages are compared on
 * a logarithmic scale, so that Pods of about the same age are chosen at random (by uid). (ActivePodsWithRanks)
 */
export function byDeletionPreference(
  pods: readonly ReadonlyPod[],
  related: readonly ReadonlyPod[],
  now: Date,
): ReadonlyPod[] {
  const onNode = new Map<string, number>();
  for (const pod of related.filter(isActive)) {
    const node = pod.spec.nodeName ?? "";
    onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  const rank = (pod: ReadonlyPod) => onNode.get(pod.spec.nodeName ?? "") ?? 0;
  const cost = (pod: ReadonlyPod) => Number.parseInt(pod.metadata.annotations?.[DELETION_COST] ?? "0", 10) || 0;
  const readySince = (pod: ReadonlyPod) => podCondition(pod, "Ready")?.lastTransitionTime;
  /** Of two moments the later one first, when their ages differ by a power of two. */
  const young = (a: string | undefined, b: string | undefined): number => {
    const log = (time: string | undefined) => {
      const age = time ? (now.getTime() - Date.parse(time)) * 1e6 : 0;
      return age > 0 ? Math.floor(Math.log2(age)) : -1;
    };
    return log(a) - log(b);
  };
  return [...pods].sort((a, b) => {
    if (!a.spec.nodeName !== !b.spec.nodeName) return a.spec.nodeName ? 1 : -1;
    const phase = PHASES.indexOf(a.status.phase ?? "") - PHASES.indexOf(b.status.phase ?? "");
    if (phase) return phase;
    if (isReady(a) !== isReady(b)) return isReady(a) ? 1 : -1;
    if (cost(a) !== cost(b)) return cost(a) - cost(b);
    if (rank(a) !== rank(b)) return rank(b) - rank(a);
    const byUid = (a.metadata.uid ?? "") < (b.metadata.uid ?? "") ? -1 : 1;
    if (isReady(a) && isReady(b) && readySince(a) !== readySince(b))
      return young(readySince(a), readySince(b)) || byUid;
    if (restarts(a) !== restarts(b)) return restarts(b) - restarts(a);
    if (a.metadata.creationTimestamp !== b.metadata.creationTimestamp)
      return young(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || byUid;
    return 0;
  });
}
