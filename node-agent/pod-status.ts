import { timestamp } from "../client/index.ts";
import type { ContainerStatus, Pod, PodCondition, PodStatus } from "../openapi/api/core.v1.ts";
import { type ContainerRecord, containerStatus, shouldRestart, succeeded } from "./container-state.ts";
import { podAmounts } from "./pod-amounts.ts";
import type { Sandbox } from "./runtime/runtime.ts";

export interface PodState {
  readonly pod: Pod;
  /** With the amounts that the node has agreed to. */
  readonly allocated: Pod;
  readonly records: readonly ContainerRecord[];
  readonly sandbox: Sandbox | undefined;
  /** Of this sandbox, or the last one. */
  readonly ips: readonly string[];
  readonly hostIPs: readonly string[];
  /** Nothing of it runs any more, and nothing will. */
  readonly isTerminal: boolean;
  readonly startTime: Date;
  /** Conditions of a change of its amounts that is not through. */
  readonly resizing?: readonly PodCondition[];
  /** Whether all its containers begin anew, of a Pod that may ask for that. */
  restarting?(phase: string): PodCondition | undefined;
  /** Set when the node ended the Pod: eviction, deadline, rejection. */
  readonly ended?: {
    readonly reason: string;
    readonly message: string;
    /** Of a DisruptionTarget condition. */
    readonly disruption?: { readonly reason: string; readonly message: string };
  };
}

/** @param withSidecars whether a sidecar that runs keeps the Pod Running (kubelet_pods.go getPhase, status_manager.go TerminatePod) */
export function phaseOf({ pod, records, ended, isTerminal }: PodState, withSidecars = true): string {
  if (ended) return "Failed";
  const of = (role: ContainerRecord["role"]) => records.filter((record) => record.role === role);
  const [init, sidecars, regular] = [of("init"), of("sidecar"), of("regular")];
  const begins = ({ container, exit }: ContainerRecord) =>
    exit !== undefined && shouldRestart(container, pod, exit.result);
  if (init.some((record) => !record.running && record.exit && !succeeded(record) && !begins(record))) return "Failed";
  if (isTerminal) return regular.every(succeeded) ? "Succeeded" : "Failed";
  if (!init.every(succeeded)) return "Pending";
  const hasBegun = regular.some(({ running, exit }) => running || exit);
  if (!hasBegun && !sidecars.every(({ started }) => started)) return "Pending";
  if (regular.some(({ running, exit }) => !running && !exit)) return "Pending";
  if (regular.some(({ running }) => running) || regular.some(begins)) return "Running";
  if (withSidecars && sidecars.some(({ running }) => running)) return "Running";
  return regular.every(succeeded) ? "Succeeded" : "Failed";
}

const names = (records: readonly ContainerRecord[]) => records.map(({ container }) => container.name).join(" ");

/** Ready conditions and why not. (pkg/kubelet/status/generate.go) */
function conditionsOf(state: PodState, phase: string): PodCondition[] {
  const { pod, records, sandbox, ended } = state;
  const condition = (type: string, status: boolean, reason?: string, message?: string): PodCondition => ({
    type,
    status: status ? "True" : "False",
    ...(!status && reason && { reason }),
    ...(!status && message && { message }),
  });
  const init = records.filter(({ role }) => role === "init" || role === "sidecar");
  const pendingInit = init.filter((record) => (record.role === "sidecar" ? !record.started : !succeeded(record)));
  const counted = records.filter(({ role }) => role === "regular" || role === "sidecar");
  const unready = counted.filter((record) => !record.running || !record.ready);
  const done = phase === "Succeeded" || phase === "Failed";
  const containersReady = !done && unready.length === 0;
  const why: [string?, string?] =
    phase === "Succeeded"
      ? ["PodCompleted"]
      : phase === "Failed"
        ? ["PodFailed"]
        : ["ContainersNotReady", `containers with unready status: [${names(unready)}]`];
  const gates = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) =>
      !pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === "True"),
  );
  const gateText = gates.map(({ conditionType }) => {
    const known = pod.status?.conditions?.find(({ type }) => type === conditionType);
    return known
      ? `the status of pod readiness gate "${conditionType}" is not "True", but ${known.status}`
      : `corresponding condition of pod readiness gate "${conditionType}" does not exist.`;
  });
  // What was initialized once stays so, also while all of it begins anew.
  const wasInitialized = pod.status?.conditions?.some(
    ({ type, status }) => type === "Initialized" && status === "True",
  );
  const initialized = phase === "Succeeded" || pendingInit.length === 0 || wasInitialized === true;
  return [
    condition("PodReadyToStartContainers", sandbox !== undefined && !done),
    condition(
      "Initialized",
      initialized,
      "ContainersNotInitialized",
      `containers with incomplete status: [${names(pendingInit)}]`,
    ),
    gates.length && containersReady
      ? condition("Ready", false, "ReadinessGatesNotReady", gateText.join(", "))
      : condition("Ready", containersReady, ...why),
    condition("ContainersReady", containersReady, ...why),
    condition("PodScheduled", true),
    ...(ended?.disruption ? [{ type: "DisruptionTarget", status: "True", ...ended.disruption }] : []),
  ];
}

const byName = (a: ContainerStatus, b: ContainerStatus) => (a.name < b.name ? -1 : 1);

/** The whole status as kubelet writes it. Conditions keep their transition time while their status stays. */
export function podStatus(state: PodState, now: Date): PodStatus {
  const { pod, records, hostIPs, startTime, ended } = state;
  const phase = phaseOf(state);
  const observed = pod.metadata.generation;
  const conditions = conditionsOf(state, phase).map((condition) => {
    const old = pod.status?.conditions?.find(({ type }) => type === condition.type);
    const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : timestamp(now);
    return { ...condition, lastTransitionTime, ...(observed && { observedGeneration: observed }) };
  });
  const restarting = state.restarting?.(phase);
  const before = pod.status?.conditions?.find(({ type }) => type === restarting?.type);
  const since = before && before.status === restarting?.status ? before.lastTransitionTime : timestamp(now);
  const others = restarting ? [{ ...restarting, lastTransitionTime: since }] : [];
  const resizing = state.resizing ?? [];
  const statuses = (...roles: ContainerRecord["role"][]) =>
    records.filter(({ role }) => roles.includes(role)).map(containerStatus);
  const init = statuses("init", "sidecar");
  const ephemeral = statuses("ephemeral");
  const ips = pod.spec.hostNetwork ? hostIPs : state.ips;
  return {
    ...(observed && { observedGeneration: observed }),
    phase,
    conditions: [...conditions, ...others, ...resizing],
    ...(ended && { reason: ended.reason, message: ended.message }),
    ...(hostIPs[0] && { hostIP: hostIPs[0], hostIPs: hostIPs.map((ip) => ({ ip })) }),
    ...(ips[0] && { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: timestamp(startTime),
    ...(init.length && { initContainerStatuses: init }),
    // As kubelet sorts them, all but init containers. (kubelet_pods.go convertToAPIContainerStatuses)
    containerStatuses: statuses("regular").sort(byName),
    ...(ephemeral.length && { ephemeralContainerStatuses: ephemeral.sort(byName) }),
    ...podAmounts(state.allocated, phase === "Running"),
  };
}
