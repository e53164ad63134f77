import { parseJson } from "../../../openapi/exact-json.ts";
import type { KubeObject } from "../object.ts";
import { rfc3339 } from "../time.ts";
import { type ApplyConfig, checkConfig, describeObject, plainErrors } from "./apply-config.ts";
import { atomOf, isObject } from "./atom.ts";
import { applyConflict } from "./conflict.ts";
import { difference, has, isEmpty } from "./field-set.ts";
import { KUBECTL, lastAppliedOf, withLastApplied } from "./last-applied.ts";
import { decodeManagers, identityOf, type Managers } from "./managed.ts";
import {
  apiVersionOf,
  type FieldManagement,
  nothing,
  STRIPPED,
  selfOf,
  stripManagedFields,
  track,
  typed,
  updaterOf,
  type Writer,
  withManagers,
} from "./manager.ts";
import { apply, type Conflict, ConflictError, unchangedSince } from "./updater.ts";
import { validateTyped } from "./validate.ts";

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
