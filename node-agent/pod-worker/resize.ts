import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { gracePeriod } from "./grace-period.ts";
import type { PodEvent } from "./pod-event.ts";

/**
 * Amounts may change in place, unless the container wants to begin anew with others. (KEP-1287) Resolves when it has
 * what it wants, or has ended. @throws Error of the runtime
 */
export async function resize(
  { running, container }: ContainerRecord,
  before: Container,
  { pod, event }: { pod(): Pod; event: PodEvent },
): Promise<void> {
  const changed = changedResources(before, container);
  if (!running || changed.length === 0) return;
  const anew = container.resizePolicy?.some(
    ({ resourceName, restartPolicy }) => restartPolicy === "RestartContainer" && changed.includes(resourceName),
  );
  if (!anew) return running.resize(container, pod());
  event("Normal", "Killing", `Container ${container.name} resize requires restart`, container.name);
  running.stop(gracePeriod(pod()));
  await running.exited;
}

/** Names of resources whose requests or limits differ. */
export function changedResources({ resources: old }: Container, { resources: wanted }: Container): string[] {
  const lists = ["requests", "limits"] as const;
  const names = lists.flatMap((list) => Object.keys({ ...old?.[list], ...wanted?.[list] }));
  return [...new Set(names)].filter((name) => lists.some((list) => old?.[list]?.[name] !== wanted?.[list]?.[name]));
}
