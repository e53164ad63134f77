import type { KubeObject } from "../../meta/object.ts";
import { timeOf } from "../../meta/time.ts";

/** The newest of the classes that are marked as default; of one second, the first by name. */
export function newestDefault<T extends KubeObject>(
  classes: readonly T[],
  annotations: readonly string[],
): T | undefined {
  const isDefault = ({ metadata }: T) => annotations.some((key) => metadata.annotations?.[key] === "true");
  const age = ({ metadata }: T) => timeOf(metadata.creationTimestamp) || 0;
  return classes.filter(isDefault).sort((a, b) => age(b) - age(a) || (nameOf(a) < nameOf(b) ? -1 : 1))[0];
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? "";
}
