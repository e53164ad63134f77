import { timestamp } from "../../client/index.ts";
import type { Lease } from "../../openapi/api/coordination.k8s.io.v1.ts";
import type { Node, NodeCondition } from "../../openapi/api/core.v1.ts";

/** --node-monitor-grace-period and --node-startup-grace-period */
const GRACE_MS = 50_000;
const STARTUP_GRACE_MS = 60_000;
/** Conditions that only the node agent can speak for. */
const AGENT_CONDITIONS = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** When, by our own clock, a node last gave a sign of life. */
export interface Sign {
  heartbeat: string | undefined;
  renewed: string | undefined;
  seenMs: number;
}

export function readyCondition({ status }: Readonly<Node>): NodeCondition | undefined {
  return status.conditions?.find(({ type }) => type === "Ready");
}

/** Notes a sign of life: a new heartbeat or lease. Times of other machines are only compared with each other. */
export function observe(
  node: Readonly<Node>,
  lease: Readonly<Lease> | undefined,
  old: Sign | undefined,
  now: Date,
): Sign {
  const heartbeat = readyCondition(node)?.lastHeartbeatTime;
  const renewed = lease?.spec.renewTime;
  if (!old) {
    const created = Date.parse(node.metadata.creationTimestamp ?? "");
    return { heartbeat, renewed, seenMs: heartbeat || renewed || Number.isNaN(created) ? now.getTime() : created };
  }
  const isAlive = heartbeat !== old.heartbeat || (renewed ?? "") > (old.renewed ?? "");
  return { heartbeat, renewed, seenMs: isAlive ? now.getTime() : old.seenMs };
}

/** Milliseconds until silence counts as death; 0 or less when it does. */
export function silenceLeft(node: Readonly<Node>, sign: Sign, now: Date): number {
  return sign.seenMs + (readyCondition(node) ? GRACE_MS : STARTUP_GRACE_MS) - now.getTime() + 1;
}

/** The conditions of a node that fell silent. (tryUpdateNodeHealth) */
export function silentConditions(node: Readonly<Node>, now: Date): NodeCondition[] {
  const list = [...(node.status.conditions ?? [])];
  for (const type of AGENT_CONDITIONS) {
    const i = list.findIndex((condition) => condition.type === type);
    const known = list[i];
    const lastTransitionTime = timestamp(now);
    if (!known) {
      list.push({
        type,
        status: "Unknown",
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime,
        reason: "NodeStatusNeverUpdated",
        message: "Kubelet never posted node status.",
      });
    } else if (known.status !== "Unknown") {
      const message = "Kubelet stopped posting node status.";
      list[i] = { ...known, status: "Unknown", reason: "NodeStatusUnknown", message, lastTransitionTime };
    }
  }
  return list;
}
