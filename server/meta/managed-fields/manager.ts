import { parseJson } from "../../../openapi/exact-json.ts";
import type { Schema } from "../../../openapi/schema.ts";
import { isPrintable } from "../go-quote.ts";
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { rfc3339 } from "../time.ts";
import { type ApplyConfig, checkConfig, describeObject, plainErrors } from "./apply-config.ts";
import { atomOf, isObject } from "./atom.ts";
import { applyConflict } from "./conflict.ts";
import { emptyObject } from "./empty-object.ts";
import { difference, EMPTY_SET, type FieldSet, has, isEmpty, setOf, union } from "./field-set.ts";
import { type FieldFilter, filterOf, type ResetFields } from "./filter.ts";
import { KUBECTL, lastAppliedOf, withLastApplied } from "./last-applied.ts";
import {
  capUpdateManagers,
  decodeManagers,
  encodeManagers,
  identityOf,
  type Manager,
  type Managers,
} from "./managed.ts";
import {
  apply,
  type Conflict,
  ConflictError,
  type TypedObject,
  type Updater,
  unchangedSince,
  update,
} from "./updater.ts";
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

function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group ? `${group}/${version}` : version;
}

function updaterOf(management: FieldManagement): Updater {
  return {
    filter: filterFor(management),
    convert(object, apiVersion) {
      if (object.apiVersion === apiVersion) return object;
      // The walkers see objects as JSON; what they hand back here is still the object it was made from.
      const converted = management.convert?.(object.value as KubeObject, apiVersion);
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

function withManagers<T extends KubeObject>(object: T, managers: Managers): T {
  const managedFields = encodeManagers(managers);
  if (!managedFields) return stripManagedFields(object);
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

/** Fields that everybody writes and nobody owns. (managedfields/internal/stripmeta.go) */
const STRIPPED: FieldSet = setOf([
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

function typed(management: FieldManagement, value: unknown): TypedObject {
  return { value, atom: atomOf(management.schema), apiVersion: apiVersionOf(management) };
}

/** A live object for something that is not there yet. */
function nothing(management: FieldManagement): KubeObject {
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
function track(
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

function selfOf(
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
  const old = live ?? nothing(management);
  try {
    const managers = liveOrNew(old, object, Boolean(management.subresource));
    // Objects that were freed from managers stay free until someone applies.
    if (managers.size === 0 && old.metadata.uid) return stripManagedFields(object);
    return withManagers(object, track(management, old, object, managers, writer));
  } catch {
    return stripManagedFields(object);
  }
}

const BEFORE_FIRST_APPLY = "before-first-apply";

/**
 * Server-side apply: merges the configuration into the live object and settles who owns what. The result is plain JSON
 * that shares parts with both and is yet to be decoded and defaulted; its managedFields are final.
 * Follows managedfields/internal/{fieldmanager,versioncheck,lastappliedmanager,structuredmerge}.go.
 * @param live undefined when the apply creates the object
 * @param config the body as parsed from YAML or JSON, not decoded
 * @throws StatusError 400, 409 with a cause a conflict, or 500 without a reason, as upstream answers plain errors
 */
export function applyPatch(
  management: FieldManagement,
  live: Readonly<KubeObject> | undefined,
  config: ApplyConfig,
  writer: Writer & { readonly force: boolean },
): KubeObject {
  const old = live ?? nothing(management);
  const managers = plainErrors("failed to decode managed fields", () =>
    decodeManagers(old.metadata.managedFields ?? [], true),
  );
  checkConfig(management, config);
  const object = applyOrExplain(management, old, config, managers, writer);
  return writer.manager === KUBECTL && lastAppliedOf(object) ? withLastApplied(object, config) : object;
}

function applyOrExplain(
  management: FieldManagement,
  live: KubeObject,
  config: ApplyConfig,
  managers: Managers,
  writer: Writer & { readonly force: boolean },
): KubeObject {
  try {
    return applyOnce(management, live, config, managers, writer);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const conflicts =
      writer.manager === KUBECTL ? seriousConflicts(management, live, error.conflicts) : error.conflicts;
    if (conflicts.length > 0) throw applyConflict(conflicts);
    return applyOnce(management, live, config, managers, { ...writer, force: true });
  }
}

/** Drops the conflicts about fields that kubectl's own client-side apply had set. */
function seriousConflicts(
  management: FieldManagement,
  live: KubeObject,
  conflicts: readonly Conflict[],
): readonly Conflict[] {
  try {
    const lastApplied: unknown = parseJson(lastAppliedOf(live));
    if (!isObject(lastApplied) || lastApplied.apiVersion !== apiVersionOf(management)) return conflicts;
    const mine = unchangedSince(typed(management, live), typed(management, lastApplied));
    return conflicts.filter(({ path }) => !has(mine, path));
  } catch {
    return conflicts; // no annotation, or none that can be used
  }
}

function applyOnce(
  management: FieldManagement,
  live: KubeObject,
  config: ApplyConfig,
  managers: Managers,
  { manager, now, force }: Writer & { readonly force: boolean },
): KubeObject {
  const before =
    managers.size > 0
      ? managers
      : plainErrors("failed to create manager for existing fields", () =>
          track(management, nothing(management), live, managers, { manager: BEFORE_FIRST_APPLY, now }),
        );
  const about = describeObject(management, config);
  const atom = atomOf(management.schema);
  plainErrors(`failed to create typed patch object (${about})`, () => validateTyped(atom, config, false));
  const bare = { apiVersion: apiVersionOf(management), kind: management.kind, ...stripManagedFields(live) };
  plainErrors(`failed to create typed live object (${describeObject(management, bare)})`, () =>
    validateTyped(atom, bare, true),
  );
  const entry = selfOf(management, manager, "Apply", undefined);
  const identity = identityOf(entry);
  const { managers: after, value } = plainErrors("failed to merge config", () =>
    apply(updaterOf(management), typed(management, bare), typed(management, config), before, {
      identity,
      entry,
      force,
    }),
  );
  const own = after.get(identity);
  if (own) {
    const set = difference(own.set, STRIPPED);
    if (isEmpty(set)) after.delete(identity);
    else after.set(identity, { ...own, set, time: value === undefined ? own.time : rfc3339(now) });
  }
  // What was merged is an object with metadata, as both of its parts are.
  return withManagers((value ?? bare) as KubeObject, after);
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
