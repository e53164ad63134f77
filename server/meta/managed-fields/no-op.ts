import { semanticEqual } from "../equality.ts";
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { equalValues } from "./list-item.ts";
import { stripManagedFields } from "./manager.ts";

/**
 * Undoes new times of managers when nothing else is new, so that applying the same again writes nothing. Runs last,
 * after admission and strategies. Follows apiserver/pkg/endpoints/handlers/fieldmanager/equality.go.
 * @returns `object`, or a shallow copy with the old times
 */
export function keepTimesOfNoop<T extends KubeObject>(object: T, old: Readonly<KubeObject>): T {
  const [now, before] = [object.metadata.managedFields ?? [], old.metadata.managedFields ?? []];
  if (now.length === 0 || now.length !== before.length) return object;
  if (now.every((entry, index) => entry.time === before[index]!.time)) return object;
  if (!now.every((entry, index) => sameButTime(entry, before[index]!))) return object;
  if (!semanticEqual(stripManagedFields(object), stripManagedFields(old))) return object;
  return { ...object, metadata: { ...object.metadata, managedFields: before } };
}

function sameButTime({ time: _, ...a }: ManagedFieldsEntry, { time: __, ...b }: ManagedFieldsEntry): boolean {
  return equalValues(a, b);
}
