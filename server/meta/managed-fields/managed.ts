import { goQuote } from "../go-quote.ts";
import type { ManagedFieldsEntry } from "../object.ts";
import { type FieldSet, union } from "./field-set.ts";
import { type FieldsV1, parseFields, serializeFields } from "./fields-v1.ts";
import { compareText } from "./path-element.ts";

/** One manager's share of an object. Never changed: a new share takes its place. */
export interface Manager {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly set: FieldSet;
  /** What it was read from, while nothing of it has changed: written back without encoding it again. */
  readonly source?: ManagedFieldsEntry;
}

/** All managers by identity; appliers keep theirs when their version changes. (managedfields/internal/managedfields.go) */
export type Managers = Map<string, Manager>;

/** Who counts as the same manager. */
export function identityOf(
  entry: Pick<ManagedFieldsEntry, "manager" | "operation" | "apiVersion" | "subresource">,
): string {
  const { manager = "", operation = "Update", apiVersion = "", subresource = "" } = entry;
  // In the shape of the JSON that upstream sorts by when it prints conflicts.
  return JSON.stringify({
    ...(manager && { manager }),
    operation,
    ...(operation === "Update" && apiVersion && { apiVersion }),
    ...(subresource && { subresource }),
  });
}

/** The same share with another set; keeps where it came from when the set is the same. */
export function withSet(entry: Manager, set: FieldSet): Manager {
  if (set === entry.set) return entry;
  const { source: _, ...rest } = entry;
  return { ...rest, set };
}

/**
 * @param trusted read from storage: already in upstream's order, so unchanged entries are written back as they are
 * @throws Error in upstream's words when an entry cannot be read
 */
export function decodeManagers(entries: readonly ManagedFieldsEntry[], trusted: boolean): Managers {
  const managers: Managers = new Map();
  for (const [index, entry] of entries.entries()) {
    const { operation, apiVersion, fieldsType } = entry;
    if (operation !== "Apply" && operation !== "Update") throw new Error("operation must be `Apply` or `Update`");
    if (!apiVersion) throw new Error("apiVersion must not be empty");
    if (!fieldsType) throw new Error(`missing fieldsType in managed fields entry ${index}`);
    if (fieldsType !== "FieldsV1") {
      throw new Error(`invalid fieldsType ${goQuote(fieldsType)} in managed fields entry ${index}`);
    }
    managers.set(identityOf(entry), {
      manager: entry.manager ?? "",
      operation,
      apiVersion,
      subresource: entry.subresource ?? "",
      time: entry.time,
      set: decodeFields(entry),
      ...(trusted && { source: entry }),
    });
  }
  return managers;
}

function decodeFields(entry: ManagedFieldsEntry): FieldSet {
  try {
    return parseFields(entry.fieldsV1 ?? {});
  } catch (error) {
    const about = `{${entry.manager ?? ""} ${entry.operation} ${entry.apiVersion}}`;
    throw new Error(`error decoding versioned set from ${about}: error decoding set: ${(error as Error).message}`);
  }
}

/** @returns undefined when nobody manages anything */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].map(encodeManager).sort(compareEntries);
}

function encodeManager(entry: Manager): ManagedFieldsEntry {
  return entry.source ?? managedFieldsEntry(entry, serializeFields(entry.set));
}

/** As it stands in an object. */
export function managedFieldsEntry(
  { manager, operation, apiVersion, time, subresource }: Omit<Manager, "set" | "source">,
  fieldsV1: FieldsV1,
): ManagedFieldsEntry {
  return {
    ...(manager && { manager }),
    operation,
    apiVersion,
    ...(time && { time }),
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(subresource && { subresource }),
  };
}

/** Appliers first, then by second, name, version and subresource. */
function compareEntries(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  if (a.operation !== b.operation) return a.operation === "Apply" ? -1 : 1;
  return (
    secondsOf(a.time) - secondsOf(b.time) ||
    compareText(a.manager ?? "", b.manager ?? "") ||
    compareText(a.apiVersion ?? "", b.apiVersion ?? "") ||
    compareText(a.subresource ?? "", b.subresource ?? "")
  );
}

/** Seconds since the epoch; 0 when it was never set. */
export function secondsOf(time: string | undefined): number {
  return time ? Math.floor(Date.parse(time) / 1000) : 0;
}

const MAX_UPDATE_MANAGERS = 10;
const ANCIENT_CHANGES = "ancient-changes";

/**
 * Folds the oldest updaters of each version into one, until ten are left. Appliers do not count.
 * Follows managedfields/internal/capmanagers.go.
 */
export function capUpdateManagers(managers: Managers): void {
  let left = [...managers.values()].filter(({ operation }) => operation === "Update").length;
  if (left <= MAX_UPDATE_MANAGERS) return;
  const oldestFirst = [...managers]
    .filter(([, { operation }]) => operation === "Update")
    .sort(([a, x], [b, y]) => secondsOf(x.time) - secondsOf(y.time) || compareText(a, b));
  const firstOfVersion = new Map<string, string>();
  for (const [identity, entry] of oldestFirst) {
    if (left <= MAX_UPDATE_MANAGERS) return;
    const { apiVersion, time } = entry;
    const first = firstOfVersion.get(apiVersion);
    if (first === undefined) {
      firstOfVersion.set(apiVersion, identity);
      continue;
    }
    const bucket = { manager: ANCIENT_CHANGES, operation: "Update", apiVersion, subresource: "" } as const;
    const bucketIdentity = identityOf(bucket);
    const held = managers.get(bucketIdentity) ?? managers.get(first)!;
    if (!managers.has(bucketIdentity)) managers.delete(first);
    managers.delete(identity);
    // The later time of the two, as it was the later change.
    managers.set(bucketIdentity, { ...bucket, time, set: union(entry.set, held.set) });
    left--;
  }
}
