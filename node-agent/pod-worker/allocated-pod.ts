import type { Pod, PodSpec } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";

/**
 * A Pod with the amounts that it and its containers have, which may be others than those it wants.
 * (UpdatePodFromAllocation)
 */
export function allocatedPod(pod: Pod, records: readonly ContainerRecord[], resources: PodSpec["resources"]): Pod {
  const has = new Map(records.map(({ container }) => [container.name, container]));
  const { containers, initContainers, resources: _wanted, ...rest } = pod.spec;
  const spec = { ...rest, ...(resources && { resources }) };
  const as = (list: typeof containers) => list?.map((one) => has.get(one.name) ?? one);
  return { ...pod, spec: { ...spec, containers: as(containers), initContainers: as(initContainers) } } as Pod;
}
