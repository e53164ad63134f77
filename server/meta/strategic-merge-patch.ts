import type { Schema } from "../../openapi/schema.ts";
import { badRequest } from "./errors.ts";
import { getMember, isMembers, jsonTypeName, type Members, setMember } from "./members.ts";
import { asList, badPatchType, badPrimitiveList, badRetainKeys, badSetElementOrder } from "./strategic-merge-errors.ts";
import { mergeLists, orderBySetElementOrder, validateSetElementOrder } from "./strategic-merge-list.ts";
import { type MergeRule, ruleOfField, ruleOfList } from "./strategic-merge-schema.ts";

const PATCH = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_FROM_PRIMITIVE_LIST = "$deleteFromPrimitiveList";
const SET_ELEMENT_ORDER = "$setElementOrder";

/**
 * Checks the body of a strategic merge patch. null patches nothing.
 *
 * @throws StatusError 400
 */
export function parseStrategicMergePatch(body: unknown): Members {
  if (body === null) return {};
  if (isMembers(body)) return body;
  throw badRequest(`json: cannot unmarshal ${jsonTypeName(body)} into Go value of type map[string]interface {}`);
}

/**
 * Applies a strategic merge patch: lists whose elements have a key are merged by it, and `$patch`, `$retainKeys`,
 * `$deleteFromPrimitiveList/…` and `$setElementOrder/…` say what a plain merge cannot. Neither argument is changed;
 * untouched parts are shared with the result. Nulls and directives below something new may remain: the result is
 * decoded afterwards, which drops the former and reports the latter. (apimachinery/pkg/util/strategicpatch)
 *
 * @throws StatusError 400 or 422 for directives of the wrong form, 500 for what upstream answers 500
 */
export function strategicMergePatch(original: Readonly<Members>, patch: Readonly<Members>, schema: Schema): Members {
  if (Object.hasOwn(patch, PATCH)) return applyDirective(patch);
  const result = { ...original };
  const rest = { ...patch };
  applyRetainKeys(result, rest);
  applySetElementOrder(result, rest, schema);
  for (const [key, value] of Object.entries(rest)) mergeMember({ result, key, value, schema });
  return result;
}

function applyDirective(patch: Readonly<Members>): Members {
  const { [PATCH]: directive, ...rest } = patch;
  if (directive === "replace") return rest;
  if (directive === "delete") return {};
  throw badPatchType(directive, patch);
}

/** Drops what the list does not name. Everything that the patch sets must be in it. */
function applyRetainKeys(result: Members, patch: Members): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return;
  const keys = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(keys)) throw badRetainKeys();
  const retained = new Set<unknown>(keys);
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key.startsWith(DELETE_FROM_PRIMITIVE_LIST) || key.startsWith(SET_ELEMENT_ORDER);
    if (value !== null && !isDirective && !retained.has(key)) throw badRetainKeys();
  }
  for (const key of Object.keys(result)) if (!retained.has(key)) delete result[key];
}

/** Merges the lists that come with an order, and takes both out of the patch. */
function applySetElementOrder(result: Members, patch: Members, schema: Schema): void {
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(SET_ELEMENT_ORDER)) continue;
    const order = asList(patch[directive]);
    delete patch[directive];
    const key = keyAfter(directive, SET_ELEMENT_ORDER);
    if (key === undefined) throw badSetElementOrder();
    const original = Object.hasOwn(result, key) ? asList(result[key]) : undefined;
    const patchList = Object.hasOwn(patch, key) ? asList(patch[key]) : undefined;
    const rule = ruleOfList(schema, key);
    validateSetElementOrder(patchList ?? [], order, rule.mergeKey);
    if (!original && !patchList) continue;
    const merged = mergeForOrder(original, patchList, rule);
    const ordered = orderBySetElementOrder({ ...merged, order, mergeKey: rule.mergeKey, original, patch: patchList });
    setMember(result, key, ordered);
    delete patch[key];
  }
}

function mergeForOrder(original: unknown[] | undefined, patch: unknown[] | undefined, rule: MergeRule) {
  if (!patch) return { merged: original ?? [], liveOrder: original ?? [] };
  // A list always stays, whatever is dropped inside.
  if (!original) return { merged: asList(withoutDirectives(patch)), liveOrder: [] };
  if (rule.strategy !== "merge") return { merged: patch, liveOrder: original };
  return mergeLists(original, patch, { rule, mergeElements: strategicMergePatch });
}

/** What follows the slash. */
function keyAfter(directive: string, prefix: string): string | undefined {
  const slash = directive.indexOf("/");
  return slash >= 0 && directive.slice(0, slash) === prefix ? directive.slice(slash + 1) : undefined;
}

interface Merging {
  result: Members;
  key: string;
  value: unknown;
  schema: Schema;
}

function mergeMember({ result, key: patchKey, value, schema }: Merging): void {
  const isDeleteList = patchKey.startsWith(DELETE_FROM_PRIMITIVE_LIST);
  const listKey = isDeleteList ? keyAfter(patchKey, DELETE_FROM_PRIMITIVE_LIST) : patchKey;
  if (listKey === undefined) throw badPrimitiveList();
  const key = listKey || patchKey;
  if (value === null) {
    delete result[key];
    return;
  }
  const original = getMember(result, key);
  if (!Object.hasOwn(result, key) || jsonType(original) !== jsonType(value)) {
    if (!isDeleteList) place(result, key, withoutDirectives(withoutNullMembers(value)));
    return;
  }
  if (isMembers(original) && isMembers(value)) {
    const rule = ruleOfField(schema, key);
    const merged = rule.strategy === "replace" ? value : strategicMergePatch(original, value, rule.schema);
    setMember(result, key, merged);
  } else if (Array.isArray(original) && Array.isArray(value)) {
    setMember(result, key, mergeListMember(original, value, { rule: ruleOfList(schema, key), isDeleteList }));
  } else setMember(result, key, value);
}

function mergeListMember(
  original: unknown[],
  patch: unknown[],
  { rule, isDeleteList }: { rule: MergeRule; isDeleteList: boolean },
): unknown[] {
  if (rule.strategy !== "merge" && !isDeleteList) return patch;
  return mergeLists(original, patch, { rule, isDeleteList, mergeElements: strategicMergePatch }).merged;
}

/** Undefined: nothing is left to place. */
function place(result: Members, key: string, value: unknown): void {
  if (value === undefined) delete result[key];
  else setMember(result, key, value);
}

function jsonType(value: unknown): string {
  return Array.isArray(value) ? "list" : value === null ? "null" : typeof value;
}

function withoutNullMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullMembers);
  if (!isMembers(value)) return value;
  const copy: Members = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== null) setMember(copy, key, withoutNullMembers(member));
  }
  return copy;
}

/** Drops every object that has a `$patch`: there was nothing to apply it to. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((element) => element !== undefined);
  if (!isMembers(value)) return value;
  if (Object.hasOwn(value, PATCH)) return undefined;
  const copy: Members = {};
  for (const [key, member] of Object.entries(value)) place(copy, key, withoutDirectives(member));
  return copy;
}
