import type { EventRecorder } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";

/** Says something of a Pod; with a container's name, of that container. */
export type PodEvent = (
  type: "Normal" | "Warning",
  reason: string,
  message: string,
  container?: string,
  annotations?: Readonly<Record<string, string>>,
) => void;

/** Events of one Pod, which name a container by its place in the spec. (pkg/kubelet/container/ref.go) */
export function podEvent(recorder: EventRecorder, pod: () => Pod, records: readonly ContainerRecord[]): PodEvent {
  return (type, reason, message, container, annotations) => {
    const record = records.find((candidate) => candidate.container.name === container);
    const list =
      record?.role === "regular" || !record
        ? "containers"
        : record.role === "ephemeral"
          ? "ephemeralContainers"
          : "initContainers";
    recorder.event(pod(), type, reason, message, container && `spec.${list}{${container}}`, annotations);
  };
}
