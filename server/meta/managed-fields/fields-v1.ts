import { FieldSet, LEAF } from "./field-set.ts";
import { compareElements, type PathElement, parseElement } from "./path-element.ts";

/** metav1.FieldsV1: an object whose keys are path elements; `.` says that the object's own path is meant too. */
export type FieldsV1 = Record<string, unknown>;

/**
 * Reads what a client or the storage holds. (structured-merge-diff/fieldpath/serialize.go)
 * @throws Error when it is no trie of path elements
 */
export function parseFields(fields: FieldsV1): FieldSet {
  const set = new FieldSet();
  readChildren(fields, set);
  return set;
}

function readChildren(fields: FieldsV1, into: FieldSet): void {
  for (const key in fields) {
    if (key === ".") {
      into.member = true;
      continue;
    }
    const element = parseElement(key);
    if (element !== undefined) into.put(element, readNode(fields[key], key));
  }
}

function readNode(value: unknown, key: string): FieldSet {
  if (value === null) return LEAF;
  if (typeof value !== "object" || Array.isArray(value))
    throw new Error(`expected an object at ${JSON.stringify(key)}`);
  const set = new FieldSet();
  readChildren(value as FieldsV1, set); // an object, as was just checked
  return set.children ? set : LEAF;
}

/** Writes a set with its keys in upstream's order; the result is never shared with another set. */
export function serializeFields(set: FieldSet): FieldsV1 {
  return writeNode(set, false);
}

function writeNode(set: FieldSet, withSelf: boolean): FieldsV1 {
  const fields: FieldsV1 = withSelf ? { ".": {} } : {};
  if (!set.children) return fields;
  for (const element of sortedElements(set.children)) {
    const below = set.children.get(element)!;
    fields[element] = below.children ? writeNode(below, below.member) : {};
  }
  return fields;
}

function sortedElements(children: Map<PathElement, FieldSet>): PathElement[] {
  const elements = [...children.keys()];
  if (elements.length < 2) return elements;
  // Nearly all are members with ASCII names, where the order of UTF-16 units is that of bytes; list keys never are.
  return elements.every((element) => PLAIN_MEMBER.test(element)) ? elements.sort() : elements.sort(compareElements);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
const PLAIN_MEMBER = /^f:[\u0000-\u007f]*$/;
