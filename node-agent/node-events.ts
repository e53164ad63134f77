import type { EventRecorder } from "../client/index.ts";
import type { Node, NodeCondition } from "../openapi/api/core.v1.ts";

/** What kubelet calls each condition of a node in its events, when it is true and when it is not. */
const NAMES: Readonly<Record<string, { True: string; False: string }>> = {
  MemoryPressure: { True: "NodeHasInsufficientMemory", False: "NodeHasSufficientMemory" },
  DiskPressure: { True: "NodeHasDiskPressure", False: "NodeHasNoDiskPressure" },
  PIDPressure: { True: "NodeHasInsufficientPID", False: "NodeHasSufficientPID" },
  Ready: { True: "NodeReady", False: "NodeNotReady" },
};

/** What a node tells of itself. */
export interface NodeEvents {
  /** Its agent has started, and registers the node. @param before the Node as it is known already */
  started(before: Node | undefined, status: NonNullable<Node["status"]>): void;
  /** Its status is written. */
  changed(before: Node, status: NonNullable<Node["status"]>): void;
  /** Its Node was looked at: others say whether Pods may be placed on it. */
  seen(node: Node): void;
}

/** Records the events of a node. (pkg/kubelet/nodestatus/setters.go, kubelet.go BirthCry) */
export function nodeEvents(recorder: EventRecorder, name: string): NodeEvents {
  // As kubelet refers to its node: by name alone.
  const node = { apiVersion: "v1", kind: "Node", metadata: { name } };
  const tell = (reason: string, message: string) => recorder.event(node, "Normal", reason, message);
  const state = ({ type, status }: NodeCondition) => {
    const reason = NAMES[type]?.[status === "True" ? "True" : "False"];
    if (reason) tell(reason, `Node ${name} status is now: ${reason}`);
  };
  const statusOf = (of: Node | undefined, type: string) =>
    of?.status?.conditions?.find((condition) => condition.type === type)?.status;
  let wasUnschedulable = false;
  return {
    started(before, { conditions = [], nodeInfo }) {
      tell("Starting", "Starting kubelet.");
      for (const condition of conditions) if (condition.type !== "Ready") state(condition);
      const boot = before?.status?.nodeInfo?.bootID;
      if (boot && boot !== nodeInfo?.bootID) {
        const message = `Node ${name} has been rebooted, boot id: ${nodeInfo?.bootID}`;
        recorder.event(node, "Warning", "Rebooted", message);
      }
      tell("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
      // Until its runtime answers a kubelet is not ready, whatever its Node says so far.
      const ready = conditions.find(({ type }) => type === "Ready");
      if (ready && statusOf(before, "Ready") !== ready.status) state(ready);
    },
    changed(before, { conditions = [] }) {
      for (const condition of conditions) if (statusOf(before, condition.type) !== condition.status) state(condition);
    },
    seen({ spec }) {
      const isUnschedulable = spec.unschedulable ?? false;
      const reason = isUnschedulable ? "NodeNotSchedulable" : "NodeSchedulable";
      if (isUnschedulable !== wasUnschedulable) tell(reason, `Node ${name} status is now: ${reason}`);
      wasUnschedulable = isUnschedulable;
    },
  };
}
