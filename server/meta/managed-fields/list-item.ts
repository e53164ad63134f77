import { goQuote } from "../go-quote.ts";
import { isObject, type ListAtom } from "./atom.ts";
import { goJson, type PathElement } from "./path-element.ts";
import { TypedError } from "./typed-error.ts";

/**
 * How an item of a set or keyed list is named in paths. (structured-merge-diff/typed/helpers.go)
 * @throws Error in upstream's words, without a path
 */
export function itemElement(list: ListAtom, item: unknown): PathElement {
  if (list.keyNames.length === 0) return valueElement(item);
  if (item === null || item === undefined) throw new Error("associative list with keys may not have a null element");
  if (!isObject(item)) throw new Error("associative list with keys may not have non-map elements");
  let text = "";
  for (const { name, default: fallback } of list.keys) {
    const value = Object.hasOwn(item, name) ? item[name] : fallback;
    if (value === undefined) continue;
    text += `${text ? "," : ""}${goJson(name)}:${goJson(value)}`;
  }
  if (!text) {
    const names = `[${list.keyNames.map((name) => goQuote(name)).join(" ")}]`;
    throw new Error(
      `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
    );
  }
  return `k:{${text}}`;
}

function valueElement(item: unknown): PathElement {
  if (isObject(item)) throw new Error("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new Error("not supported: associative list with lists as elements");
  if (item === null || item === undefined) {
    throw new Error("associative list without keys has an element that's an explicit null");
  }
  return `v:${goJson(item)}`;
}

/** `itemElement` where the list is known to be walked without looking at its path: the error names the index only. */
export function itemElementAt(list: ListAtom, item: unknown, index: number): PathElement {
  try {
    return itemElement(list, item);
  } catch (error) {
    throw new TypedError([{ path: "", message: `element ${index}: ${(error as Error).message}` }]);
  }
}

/** Two JSON values, with numbers compared as numbers. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalValues(item, b[index]));
  }
  if (Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]; // both are plain objects here
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && equalValues(left[key], right[key]));
}
