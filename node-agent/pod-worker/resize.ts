import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { gracePeriod } from "./grace-period.ts";
import type { PodEvent } from "./pod-event.ts";

type Resources = Container["resources"] | undefined;

/** What a container had, and its Pod as a whole. */
export interface AmountsBefore {
  readonly container: Container;
  readonly pod: Resources;
}

/**
 * Amounts may change in place, unless the container wants to begin anew with others. (KEP-1287) Resolves when it has
 * what it wants, or has ended. @throws Error of the runtime
 */
export async function resize(
  { running, container }: ContainerRecord,
  before: AmountsBefore,
  { pod, event }: { pod(): Pod; event: PodEvent },
): Promise<void> {
  const { resources } = pod().spec;
  const changed = changedResources(limitedBy(before.container, before.pod), limitedBy(container, resources));
  // The Pod's own limits are set along with those of its containers.
  const isPodChanged = changedResources({ resources: before.pod }, { resources }).length > 0;
  if (!running || (changed.length === 0 && !isPodChanged)) return;
  const anew = container.resizePolicy?.some(
    ({ resourceName, restartPolicy }) => restartPolicy === "RestartContainer" && changed.includes(resourceName),
  );
  if (!anew) return running.resize(container, pod());
  event("Normal", "Killing", `Container ${container.name} resize requires restart`, container.name);
  running.stop(gracePeriod(pod()));
  await running.exited;
}

/** A container without a limit may have as much as its Pod. (kubelet/util GetLimits) */
function limitedBy({ resources }: Container, pod: Resources): { resources: Resources } {
  return { resources: { ...resources, limits: { ...pod?.limits, ...resources?.limits } } };
}

/** Names of resources whose requests or limits differ. */
export function changedResources(
  { resources: old }: { readonly resources?: Resources | undefined },
  { resources: wanted }: { readonly resources?: Resources | undefined },
): string[] {
  const lists = ["requests", "limits"] as const;
  const names = lists.flatMap((list) => Object.keys({ ...old?.[list], ...wanted?.[list] }));
  return [...new Set(names)].filter((name) => lists.some((list) => old?.[list]?.[name] !== wanted?.[list]?.[name]));
}
