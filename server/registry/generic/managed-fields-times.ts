import { semanticEqual } from "../../meta/equality.ts";
import type { KubeObject, ManagedFieldsEntry } from "../../meta/object.ts";

/**
 * An update that changes nothing but the times in managedFields changes nothing: it gets the old times back, so that it
 * is not written. (managedfields/timestamp.go IgnoreManagedFieldsTimestampsTransformer)
 */
export function keepManagedFieldsTimes(object: KubeObject, old: KubeObject): void {
  const entries = object.metadata.managedFields;
  const oldEntries = old.metadata.managedFields;
  if (!entries || !oldEntries || entries.length !== oldEntries.length) return;
  const timeless = ({ time: _, ...entry }: ManagedFieldsEntry) => entry;
  const byTimeless = (a: readonly ManagedFieldsEntry[]) => a.map(timeless);
  if (!semanticEqual(byTimeless(entries), byTimeless(oldEntries))) return;
  const rest = ({ metadata, ...object }: KubeObject) => [{ ...metadata, managedFields: undefined }, object];
  if (semanticEqual(rest(object), rest(old))) object.metadata.managedFields = oldEntries;
}
