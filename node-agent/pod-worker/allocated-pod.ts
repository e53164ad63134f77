import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";

/** A Pod with the amounts that its containers have, which may be others than those it wants. (UpdatePodFromAllocation) */
export function allocatedPod(pod: Pod, records: readonly ContainerRecord[]): Pod {
  const has = new Map(records.map(({ container }) => [container.name, container]));
  const { containers, initContainers, ...spec } = pod.spec;
  const as = (list: typeof containers) => list?.map((one) => has.get(one.name) ?? one);
  return { ...pod, spec: { ...spec, containers: as(containers), initContainers: as(initContainers) } } as Pod;
}
