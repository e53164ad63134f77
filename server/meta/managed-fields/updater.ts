import type { Atom } from "./atom.ts";
import { type Comparison, compare } from "./compare.ts";
import { difference, EMPTY_SET, type FieldSet, intersection, isEmpty, paths, union } from "./field-set.ts";
import type { FieldFilter } from "./filter.ts";
import { equalValues } from "./list-item.ts";
import { type Manager, type Managers, withSet } from "./managed.ts";
import { merge } from "./merge.ts";
import type { PathElement } from "./path-element.ts";
import { reconcileWithSchema } from "./reconcile.ts";
import { removeFields, withNamedFields } from "./remove.ts";
import { toFieldSet } from "./to-field-set.ts";
import { validateTyped } from "./validate.ts";

/** An object together with its version's schema. */
export interface TypedObject {
  readonly value: unknown;
  readonly atom: Atom;
  readonly apiVersion: string;
}

/** What the updater needs to know of a resource. */
export interface Updater {
  /** @returns undefined when that version is not served (any more). @throws when the conversion fails */
  convert(object: TypedObject, apiVersion: string): TypedObject | undefined;
  readonly filter: FieldFilter;
}

/** A path that someone else owns with another value. */
export interface Conflict {
  readonly manager: Manager;
  readonly path: readonly PathElement[];
}

/** Thrown by `apply`; who catches it words it. */
export class ConflictError extends Error {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super("conflict");
    this.conflicts = conflicts;
  }
}

function filtered({ added, modified, removed }: Comparison, filter: FieldFilter): Comparison {
  return { added: filter(added), modified: filter(modified), removed: filter(removed) };
}

interface Changes {
  readonly comparison: Comparison;
  /** Added or modified. */
  readonly written: FieldSet;
}

/**
 * Takes from everyone but `self` what a change wrote or removed. Versions of other managers are compared in their own
 * schema. @throws ConflictError unless forced
 */
function settle(
  updater: Updater,
  before: TypedObject,
  after: TypedObject,
  managers: Managers,
  self: string,
  options: { force: boolean; nils: "typed" | "merged" },
): Comparison {
  const changesOf = (old: TypedObject, now: TypedObject, nils: "typed" | "merged"): Changes => {
    const comparison = filtered(compare(old.atom, old.value, now.value, nils), updater.filter);
    return { comparison, written: union(comparison.modified, comparison.added) };
  };
  const own = changesOf(before, after, options.nils);
  const byVersion = new Map<string, Changes>([[before.apiVersion, own]]);
  const conflicts: Conflict[] = [];
  const losses = new Map<string, FieldSet>();
  for (const [identity, entry] of [...managers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (identity === self) continue;
    let changes = byVersion.get(entry.apiVersion);
    if (!changes) {
      const [old, now] = [updater.convert(before, entry.apiVersion), updater.convert(after, entry.apiVersion)];
      if (!old || !now) {
        managers.delete(identity);
        continue;
      }
      changes = changesOf(old, now, "typed");
      byVersion.set(entry.apiVersion, changes);
    }
    const taken = isEmpty(changes.written) ? EMPTY_SET : intersection(entry.set, changes.written);
    if (!isEmpty(taken)) conflicts.push(...paths(taken).map((path) => ({ manager: entry, path })));
    if (!isEmpty(taken) || !isEmpty(changes.comparison.removed)) {
      losses.set(identity, difference(difference(entry.set, taken), changes.comparison.removed));
    }
  }
  if (!options.force && conflicts.length > 0) throw new ConflictError(conflicts);
  for (const [identity, rest] of losses) managers.set(identity, withSet(managers.get(identity)!, rest));
  for (const [identity, entry] of managers) if (isEmpty(entry.set)) managers.delete(identity);
  return own.comparison;
}

/** Fits every set to today's schema, and drops managers of versions that are gone. */
function reconciled(updater: Updater, live: TypedObject, managers: Managers): Managers {
  const result: Managers = new Map();
  const atoms = new Map<string, Atom | undefined>([[live.apiVersion, live.atom]]);
  for (const [identity, entry] of managers) {
    if (!atoms.has(entry.apiVersion)) atoms.set(entry.apiVersion, updater.convert(live, entry.apiVersion)?.atom);
    const atom = atoms.get(entry.apiVersion);
    if (atom) result.set(identity, withSet(entry, reconcileWithSchema(atom, entry.set)));
  }
  return result;
}

/**
 * After a create, update or patch: what the change wrote goes to whoever made it.
 * Follows structured-merge-diff/merge/update.go Update.
 * @returns the other managers, and the set that this change adds up to
 */
export function update(
  updater: Updater,
  live: TypedObject,
  object: TypedObject,
  managers: Managers,
): { managers: Managers; set: FieldSet } {
  const others = reconciled(updater, live, managers);
  const comparison = settle(updater, live, object, others, "", { force: true, nils: "typed" });
  return { managers: others, set: updater.filter(union(comparison.modified, comparison.added)) };
}

/**
 * Merges an applied configuration, and takes away what its manager applied before and now leaves out.
 * Follows structured-merge-diff/merge/update.go Apply.
 * @param self whose entry, with an empty set or the last one, is in `managers` under `identity`
 * @returns value: undefined when the object stays as it is
 * @throws ConflictError
 */
export function apply(
  updater: Updater,
  live: TypedObject,
  config: TypedObject,
  managers: Managers,
  self: { readonly identity: string; readonly entry: Manager; readonly force: boolean },
): { managers: Managers; value: unknown } {
  const all = reconciled(updater, live, managers);
  const last = all.get(self.identity);
  const merged = { ...live, value: merge(live.atom, live.value, config.value) };
  const set = updater.filter(toFieldSet(config.atom, config.value));
  all.set(self.identity, { ...self.entry, set, time: last?.time });
  const pruned = last && !isEmpty(last.set) ? prune(updater, merged, all, last, live.apiVersion) : merged;
  settle(updater, live, pruned, all, self.identity, { force: self.force, nils: "merged" });
  return { managers: all, value: equalValues(live.value, pruned.value) ? undefined : pruned.value };
}

/** Removes what was applied last time, is not this time, and is owned by nobody else. */
function prune(
  updater: Updater,
  merged: TypedObject,
  managers: Managers,
  last: Manager,
  apiVersion: string,
): TypedObject {
  const before = updater.convert(merged, last.apiVersion);
  if (!before) return merged;
  const lastSet = withNamedFields(before.atom, last.set);
  let rest: TypedObject = { ...before, value: removeFields(before.atom, before.value, lastSet) };
  rest = addBackOwned(updater, before, rest, managers);
  rest = addBackDangling(updater, before, rest, last);
  const result = updater.convert(rest, apiVersion);
  if (!result) throw new Error(`no corresponding type for ${apiVersion}`);
  return result;
}

function namedSet({ atom, value }: TypedObject): FieldSet {
  return withNamedFields(atom, toFieldSet(atom, value));
}

/** What others, or the new configuration, claim stays. */
function addBackOwned(updater: Updater, merged: TypedObject, pruned: TypedObject, managers: Managers): TypedObject {
  const owned = new Map<string, FieldSet>([[pruned.apiVersion, EMPTY_SET]]);
  for (const { apiVersion, set } of managers.values())
    owned.set(apiVersion, union(owned.get(apiVersion) ?? EMPTY_SET, set));
  let [whole, rest] = [merged, pruned];
  for (const [version, set] of owned) {
    const [wholeHere, restHere] = [updater.convert(whole, version), updater.convert(rest, version)];
    if (!wholeHere || !restHere) continue;
    const keep = union(namedSet(restHere), withNamedFields(wholeHere.atom, set));
    const remove = difference(namedSet(wholeHere), keep);
    whole = wholeHere;
    rest = { ...wholeHere, value: removeFields(wholeHere.atom, wholeHere.value, remove) };
  }
  return rest;
}

/** What was removed along, but never belonged to the applier, stays. */
function addBackDangling(updater: Updater, merged: TypedObject, pruned: TypedObject, last: Manager): TypedObject {
  const rest = updater.convert(pruned, last.apiVersion);
  if (!rest) return merged;
  const gone = difference(namedSet(merged), namedSet(rest));
  const remove = intersection(gone, withNamedFields(merged.atom, last.set));
  return { ...merged, value: removeFields(merged.atom, merged.value, remove) };
}

/**
 * What a manager named in an annotation of client-side apply may overwrite: fields that live still holds as it last
 * applied them. Follows managedfields/internal/lastappliedmanager.go.
 * @throws TypedError when the annotation's object does not fit
 */
export function unchangedSince(live: TypedObject, lastApplied: TypedObject): FieldSet {
  validateTyped(live.atom, live.value, false);
  validateTyped(lastApplied.atom, lastApplied.value, false);
  const { added, modified, removed } = compare(live.atom, lastApplied.value, live.value, "merged");
  return difference(difference(difference(toFieldSet(live.atom, lastApplied.value), modified), added), removed);
}
