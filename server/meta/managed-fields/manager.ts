import type { Schema } from "../../../openapi/schema.ts";
import { isPrintable } from "../go-quote.ts";
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { rfc3339 } from "../time.ts";
import { atomOf } from "./atom.ts";
import { createdFields, type Unowned } from "./created-fields.ts";
import { emptyObject } from "./empty-object.ts";
import { difference, EMPTY_SET, type FieldSet, isEmpty, setOf, union } from "./field-set.ts";
import { type FieldFilter, filterOf, type ResetFields, resetSetOf } from "./filter.ts";
import {
  capUpdateManagers,
  decodeManagers,
  encodeManagers,
  identityOf,
  type Manager,
  type Managers,
  managedFieldsEntry,
} from "./managed.ts";
import { type TypedObject, type Updater, update } from "./updater.ts";
import { validateTyped } from "./validate.ts";

/** What field management has to know of one resource, or one subresource, in the version of the request. */
export interface FieldManagement {
  readonly schema: Schema;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Absent or empty for the resource itself. */
  readonly subresource?: string;
  /** From reset-fields.ts, or made from a CRD. */
  readonly resetFields?: ResetFields | undefined;
  /** Objects need not be of the schema's types: those of custom resources are judged after this. */
  readonly mayNotFit?: boolean;
  /**
   * Converts for managers that used another version of the kind, and back. Absent: there is no other version.
   * @returns undefined when that version is not served. @throws when the conversion fails
   */
  convert?(object: KubeObject, apiVersion: string): { object: KubeObject; schema: Schema } | undefined;
}

/** Who writes, and when. */
export interface Writer {
  /** `fieldManager` of the request, or see `fieldManagerName`. */
  readonly manager: string;
  readonly now: Date;
}

const filters = new WeakMap<FieldManagement, FieldFilter>();

function filterFor(management: FieldManagement): FieldFilter {
  let filter = filters.get(management);
  if (!filter) {
    filter = filterOf(management.resetFields);
    filters.set(management, filter);
  }
  return filter;
}

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group ? `${group}/${version}` : version;
}

const groupOf = (apiVersion: string) => (apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "");

export function updaterOf(management: FieldManagement): Updater {
  return {
    filter: filterFor(management),
    convert(object, apiVersion) {
      if (object.apiVersion === apiVersion) return object;
      // Those who wrote an Event by way of its other group are forgotten.
      if (groupOf(apiVersion) !== management.group) return undefined;
      // The walkers see objects as JSON, and may have taken away what every object has in Go.
      const { metadata = {}, ...rest } = (object.value ?? {}) as Partial<KubeObject>;
      const whole = { ...rest, apiVersion: object.apiVersion, kind: management.kind, metadata };
      const converted = management.convert?.(whole, apiVersion);
      return converted && { value: converted.object, atom: atomOf(converted.schema), apiVersion };
    },
  };
}

/** Without managedFields, which are nobody's field. Shares everything else. */
export function stripManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

export function withManagers<T extends KubeObject>(object: T, managers: Managers): T {
  const managedFields = encodeManagers(managers);
  if (!managedFields) return stripManagedFields(object);
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

/** Fields that everybody writes and nobody owns. (managedfields/internal/stripmeta.go) */
export const STRIPPED: FieldSet = setOf([
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((name) => ["f:metadata", `f:${name}`]),
]);

export function typed(management: FieldManagement, value: unknown): TypedObject {
  return { value, atom: atomOf(management.schema), apiVersion: apiVersionOf(management) };
}

/** A live object for something that is not there yet. */
export function nothing(management: FieldManagement): KubeObject {
  // The zero value of a kind has metadata; for custom resources it is added here.
  return { metadata: {}, ...emptyObject(management.schema) } as KubeObject;
}

/** An empty list, or one empty entry, asks to forget all managers. */
function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (!entries || entries.length > 1) return false;
  return entries.length === 0 || Object.keys(entries[0]!).length === 0;
}

function decodeOrNone(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  try {
    return decodeManagers(entries ?? [], true);
  } catch {
    return new Map();
  }
}

/** Clients may edit managedFields of the object itself; what they leave out or spoil is taken from the live object. */
function liveOrNew(live: KubeObject, object: KubeObject, subresource: boolean): Managers {
  if (!subresource) {
    const wished = object.metadata.managedFields;
    if (isReset(wished)) return new Map();
    if (wished && wished.length > 0) {
      try {
        return decodeManagers(wished, false);
      } catch {
        // Fall through to the live ones.
      }
    }
  }
  return decodeOrNone(live.metadata.managedFields);
}

/** Gives what a write came to own to its manager. (managedfieldsupdater.go, stripmeta.go, buildmanagerinfo.go) */
export function track(
  management: FieldManagement,
  live: KubeObject,
  object: KubeObject,
  managers: Managers,
  { manager, now }: Writer,
): Managers {
  const before = typed(management, stripManagedFields(live));
  const after = typed(management, stripManagedFields(object));
  if (management.mayNotFit) for (const { atom, value } of [after, before]) validateTyped(atom, value, true);
  const { managers: others, set } = update(updaterOf(management), before, after, managers);
  const owned = difference(set, STRIPPED);
  if (!isEmpty(owned)) {
    const self = selfOf(management, manager, "Update", rfc3339(now));
    const identity = identityOf(self);
    const previous = others.get(identity);
    others.set(identity, { ...self, set: previous ? union(owned, previous.set) : owned });
  }
  capUpdateManagers(others);
  return others;
}

export function selfOf(
  management: FieldManagement,
  manager: string,
  operation: "Apply" | "Update",
  time: string | undefined,
): Manager {
  const { subresource = "" } = management;
  return {
    manager: manager || "unknown",
    operation,
    apiVersion: apiVersionOf(management),
    subresource,
    time,
    set: EMPTY_SET,
  };
}

/** Whether a create is of its writer alone: nobody is named in the object, and what nobody may own is a list of paths. */
function isCreatedAlone({ resetFields }: FieldManagement, { metadata }: KubeObject): boolean {
  return !metadata.managedFields && !(resetFields && "only" in resetFields);
}

/** Of a kind's management, made once. */
const unowned = new WeakMap<FieldManagement, Unowned>();

function unownedOf(management: FieldManagement): Unowned {
  let known = unowned.get(management);
  if (!known) {
    const { resetFields } = management;
    known = {
      reset: resetFields && "reset" in resetFields ? resetSetOf(resetFields.reset) : undefined,
      stripped: STRIPPED,
    };
    unowned.set(management, known);
  }
  return known;
}

/** `track` of a create. */
function withCreator<T extends KubeObject>(management: FieldManagement, object: T, { manager, now }: Writer): T {
  const atom = atomOf(management.schema);
  if (management.mayNotFit) validateTyped(atom, object, true);
  const fieldsV1 = createdFields(atom, nothing(management), object, unownedOf(management));
  if (!fieldsV1) return object;
  const { set: _, ...self } = selfOf(management, manager, "Update", rfc3339(now));
  return { ...object, metadata: { ...object.metadata, managedFields: [managedFieldsEntry(self, fieldsV1)] } };
}

/**
 * Brings managedFields up to date with a create, update or (non-apply) patch. To be called before admission, with both
 * objects decoded and defaulted in the version of the request; what admission and strategies change later is owned by
 * nobody. Never fails: where upstream could not tell, the object comes back without managedFields.
 * Follows managedfields/internal/{fieldmanager,skipnonapplied}.go.
 * @param live undefined on create
 * @returns a shallow copy of `object`
 */
export function applyUpdate<T extends KubeObject>(
  management: FieldManagement,
  live: Readonly<KubeObject> | undefined,
  object: T,
  writer: Writer,
): T {
  try {
    if (!live && isCreatedAlone(management, object)) return withCreator(management, object, writer);
    const old = live ?? nothing(management);
    const managers = liveOrNew(old, object, Boolean(management.subresource));
    // Objects that were freed from managers stay free until someone applies.
    if (managers.size === 0 && old.metadata.uid) return stripManagedFields(object);
    return withManagers(object, track(management, old, object, managers, writer));
  } catch {
    return stripManagedFields(object);
  }
}

/**
 * Whether mutating admission left managedFields readable; if not, the ones from before are to be put back with this
 * warning. Follows apiserver/pkg/endpoints/handlers/fieldmanager/admission.go.
 * @returns the warning, or undefined when all is well
 */
export function admissionWarning(entries: readonly ManagedFieldsEntry[] | undefined): string | undefined {
  try {
    decodeManagers(entries ?? [], false);
    return undefined;
  } catch (error) {
    const cause = "this could be caused by an outdated mutating admission controller; please fix your requests";
    return `.metadata.managedFields was in an invalid state after admission; ${cause}: ${(error as Error).message}`;
  }
}

const MAX_MANAGER_BYTES = 128;

/** Who a writer is without `fieldManager`: the user agent up to its first slash. (handlers/create.go) */
export function fieldManagerName(fieldManager: string, userAgent: string): string {
  if (fieldManager) return fieldManager;
  let name = "";
  let bytes = 0;
  for (const character of userAgent.split("/", 1)[0]!) {
    if (!isPrintable(character)) continue;
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_MANAGER_BYTES) break;
    name += character;
  }
  return name;
}
