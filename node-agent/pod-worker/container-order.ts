import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import { type ContainerRecord, newRecord, shouldRestart, succeeded } from "../container-state.ts";

/** Records of a Pod that is new here: init containers and sidecars first, in order. */
export function newRecords({ spec }: Pod): ContainerRecord[] {
  const hasInit = (spec.initContainers ?? []).length > 0;
  return [
    ...(spec.initContainers ?? []).map((container) => {
      const role = container.restartPolicy === "Always" ? "sidecar" : "init";
      return newRecord(container, role, "PodInitializing");
    }),
    ...(spec.containers ?? []).map((container) =>
      newRecord(container, "regular", hasInit ? "PodInitializing" : "ContainerCreating"),
    ),
  ];
}

/** Records of ephemeral containers that a Pod has been given since. */
export function newEphemeralRecords({ spec }: Pod, records: readonly ContainerRecord[]): ContainerRecord[] {
  return (
    (spec.ephemeralContainers ?? [])
      .filter(({ name }) => !records.some((record) => record.container.name === name))
      // An ephemeral container has the fields of a container and a target besides.
      .map((container) => newRecord(container as Container, "ephemeral", "ContainerCreating"))
  );
}

export interface ToStart {
  readonly start: readonly ContainerRecord[];
  /** An init container runs, or is to be started: whether the Pod is over need not be asked. */
  readonly initializing: boolean;
}

/**
 * What should run and does not: ephemeral containers always, init containers one after the other, a sidecar before
 * what follows it, and regular ones at the end. (kuberuntime_manager.go computePodActions)
 */
export function containersToStart(records: readonly ContainerRecord[], pod: Pod): ToStart {
  const wanted = ({ exit, container }: ContainerRecord) => !exit || shouldRestart(container, pod, exit.result);
  const start = records.filter(({ role, running, exit }) => role === "ephemeral" && !running && !exit);
  for (const record of records.filter(({ role }) => role === "init" || role === "sidecar")) {
    if (record.role === "sidecar") {
      if (!record.running) start.push(record);
      if (!record.started) return { start, initializing: true };
      continue;
    }
    if (succeeded(record)) continue;
    if (record.running) return { start, initializing: true };
    if (record.exit && !wanted(record)) return { start, initializing: false };
    start.push(record);
    return { start, initializing: true };
  }
  start.push(...records.filter((record) => record.role === "regular" && !record.running && wanted(record)));
  return { start, initializing: false };
}
