import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { gracePeriod } from "./grace-period.ts";
import type { PodEvent } from "./pod-event.ts";

/** Amounts may change in place, unless the container wants to begin anew with others. (KEP-1287) */
export async function resize(
  { running, container }: ContainerRecord,
  before: Container,
  { pod, event, statusChanged }: { pod(): Pod; event: PodEvent; statusChanged(): void },
): Promise<void> {
  const changed = changedResources(before, container);
  if (!running || changed.length === 0) return;
  const anew = container.resizePolicy?.some(
    ({ resourceName, restartPolicy }) => restartPolicy === "RestartContainer" && changed.includes(resourceName),
  );
  if (anew) {
    event("Normal", "Killing", `Container ${container.name} resize requires restart`, container.name);
    return running.stop(gracePeriod(pod()));
  }
  try {
    await running.resize(container, pod());
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    event("Warning", "FailedResize", `Error resizing container ${container.name}: ${message}`, container.name);
  }
  statusChanged();
}

/** Names of resources whose requests or limits differ. */
function changedResources({ resources: old }: Container, { resources: wanted }: Container): string[] {
  const lists = ["requests", "limits"] as const;
  const names = lists.flatMap((list) => Object.keys({ ...old?.[list], ...wanted?.[list] }));
  return [...new Set(names)].filter((name) => lists.some((list) => old?.[list]?.[name] !== wanted?.[list]?.[name]));
}
