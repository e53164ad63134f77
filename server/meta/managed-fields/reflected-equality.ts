import { givenAlike } from "../../../openapi/given-empty.ts";

/**
 * Equality of two typed values, of which one was given something as empty. Upstream walks objects as they would be
 * printed, but hands lists to reflect.DeepEqual as a whole, for which `[]` in an item is not the same as nothing.
 * (structured-merge-diff/value/listreflect.go EqualsUsing)
 */
export function reflectedEqual(a: unknown, b: unknown, inList = false): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => reflectedEqual(item, b[index], true));
  }
  if (Array.isArray(b) || (inList && !givenAlike(a, b))) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]; // both are plain objects here
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && reflectedEqual(left[key], right[key], inList));
}
