import type { ContainerStateTerminated, ContainerStatus, PodStatus } from "../openapi/api/core.v1.ts";
import { type ContainerRecord, RESTARTING_ALL } from "./container-state.ts";
import type { RecoveredPod } from "./runtime/runtime.ts";

const exitOf = (ended: ContainerStateTerminated): NonNullable<ContainerRecord["exit"]> => ({
  result: {
    exitCode: ended.exitCode,
    reason: ended.reason ?? "",
    ...(ended.signal && { signal: ended.signal }),
    ...(ended.message && { message: ended.message }),
    finishedAt: new Date(ended.finishedAt ?? 0),
  },
  id: ended.containerID ?? "",
  startedAt: new Date(ended.startedAt ?? 0),
});

/** Ran when last heard of, and is not there any more. (kubelet_pods.go convertToAPIContainerStatuses) */
const lost = ({ containerID, state }: ContainerStatus): NonNullable<ContainerRecord["exit"]> => ({
  result: {
    exitCode: 137,
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was terminated",
    finishedAt: new Date(0),
  },
  id: containerID ?? "",
  startedAt: new Date(state?.running?.startedAt ?? 0),
});

/** Fills records with what is known of an earlier life of the agent: from the runtime first, else as reported then. */
export function restore(
  records: readonly ContainerRecord[],
  status: PodStatus | undefined,
  left: RecoveredPod | undefined,
): void {
  const reported = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  // A runtime that keeps nothing begins anew, unless the Pod's end was reported. Restarts are counted on: they never become fewer.
  const isAllAnew = !left && status?.phase !== "Succeeded" && status?.phase !== "Failed";
  for (const record of records) {
    const { name } = record.container;
    const old = reported.find((each) => each.name === name);
    if (isAllAnew) {
      record.restartCount = old?.restartCount ?? 0;
      continue;
    }
    const found = left?.containers.find((each) => each.name === name);
    record.restartCount = Math.max(found?.attempt ?? 0, old?.restartCount ?? 0);
    const last = old?.lastState?.terminated;
    // It was stopped for all of its Pod to begin anew, which had not come to it.
    const isAnew = old?.state?.waiting !== undefined && last?.reason === RESTARTING_ALL;
    if (found) {
      if (found.image) record.image = found.image;
      if (found.running) {
        record.running = found.running;
        const same = old?.containerID === found.running.id;
        record.started = same ? (old?.started ?? false) : !record.container.startupProbe;
        record.ready = same ? (old?.ready ?? false) : record.started && !record.container.readinessProbe;
        if (last) record.exit = exitOf(last);
      } else if (found.exit && !isAnew) {
        record.exit = found.exit;
        if (last) record.lastExit = exitOf(last);
      } else if (last && isAnew) record.exit = exitOf(last);
    } else if (old?.state?.terminated) {
      record.exit = exitOf(old.state.terminated);
      if (last) record.lastExit = exitOf(last);
    } else if (old?.state?.running) {
      record.exit = lost(old);
    } else if (last) {
      record.exit = exitOf(last);
    }
    // Containers share a new sandbox, which init containers have not yet prepared.
    if (left && !left.sandbox && record.role === "init" && record.exit && status?.phase !== "Succeeded") {
      Object.assign(record, { lastExit: record.exit, exit: undefined, restartCount: record.restartCount + 1 });
    }
    if (record.running || record.exit) record.waiting = { reason: "" };
  }
}
