import { FieldSet, LEAF } from "./field-set.ts";
import { compareElements, type PathElement, parseElement } from "./path-element.ts";

/** metav1.FieldsV1: an object whose keys are path elements; `.` says that the object's own path is meant too. */
export type FieldsV1 = Record<string, unknown>;

/**
 * Reads what a client or the storage holds. (structured-merge-diff/fieldpath/serialize.go)
 * @throws Error when it is no trie of path elements
 */
export function parseFields(fields: FieldsV1): FieldSet {
  // What clients send is not looked at before.
  if (Array.isArray(fields)) throw new Error("expected an object");
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

/** The same below some path, which is meant too where the set says so. */
export function serializeNode(set: FieldSet): FieldsV1 {
  return set.children ? writeNode(set, set.member) : {};
}

function writeNode({ children }: FieldSet, withSelf: boolean): FieldsV1 {
  const elements: PathElement[] = [];
  const nodes: FieldsV1[] = [];
  if (children) {
    for (const [element, below] of children) {
      elements.push(element);
      nodes.push(serializeNode(below));
    }
  }
  return fieldsInOrder(elements, nodes, withSelf);
}

/** Beyond so many, moving each to its place one by one costs more than it spares. */
const FEW = 32;

/**
 * What is at these elements, in upstream's order. Changes both lists.
 * @param withSelf the path itself is meant, too
 */
export function fieldsInOrder(elements: PathElement[], nodes: FieldsV1[], withSelf: boolean): FieldsV1 {
  const fields: FieldsV1 = withSelf ? { ".": {} } : {};
  if (elements.length > FEW) {
    const order = elements.map((_, i) => i).sort((a, b) => compareElements(elements[a]!, elements[b]!));
    for (const i of order) fields[elements[i]!] = nodes[i];
    return fields;
  }
  // Array.prototype.sort copies what it sorts, for lists that are mostly short.
  for (let i = 1; i < elements.length; i++) {
    const [element, node] = [elements[i]!, nodes[i]!];
    let at = i - 1;
    for (; at >= 0 && compareElements(elements[at]!, element) > 0; at--) {
      elements[at + 1] = elements[at]!;
      nodes[at + 1] = nodes[at]!;
    }
    elements[at + 1] = element;
    nodes[at + 1] = node;
  }
  for (let i = 0; i < elements.length; i++) fields[elements[i]!] = nodes[i];
  return fields;
}
