import { goValue } from "../go-value.ts";
import { type Atom, isObject, type ListAtom, type MapAtom, type Scalar, sideOf } from "./atom.ts";
import { itemElement } from "./list-item.ts";
import { printElement } from "./path-element.ts";
import { goSyntax, goType, type Problem, TypedError } from "./typed-error.ts";

/**
 * Checks a value against its schema, as far as ownership needs it.
 * Follows structured-merge-diff/typed/validate.go.
 * @param allowDuplicates items of one key are an error in what clients apply, not in what is stored
 * @throws TypedError with every problem found
 */
export function validateTyped(atom: Atom, value: unknown, allowDuplicates: boolean): void {
  const problems = check(atom, value, allowDuplicates);
  if (problems.length > 0) throw new TypedError(problems);
}

function check(atom: Atom, value: unknown, allowDuplicates: boolean): Problem[] {
  switch (sideOf(atom, value)) {
    case "map":
      if (value === null) return [];
      if (!isObject(value)) return [problem(`expected map, got &{${goValue(value)}}`)];
      return checkMap(atom.map!, value, allowDuplicates);
    case "scalar":
      return checkScalar(atom.scalar!, value);
    case "list":
      if (value === null) return [];
      if (!Array.isArray(value)) return [problem(`expected list, got &{${goValue(value)}}`)];
      return checkList(atom.list!, value, allowDuplicates);
  }
}

function problem(message: string): Problem {
  return { path: "", message };
}

function below(prefix: string, problems: Problem[]): Problem[] {
  for (const found of problems) found.path = prefix + found.path;
  return problems;
}

function checkScalar(scalar: Scalar, value: unknown): Problem[] {
  if (value === null) return [];
  const type = typeof value;
  switch (scalar) {
    case "numeric":
      return type === "number" || type === "bigint"
        ? []
        : [problem(`expected numeric (int or float), got ${goType(value)}`)];
    case "string":
      // Upstream prints its wrapper of the value here, not the value.
      return type === "string"
        ? []
        : [problem(`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`)];
    case "boolean":
      return type === "boolean" ? [] : [problem(`expected boolean, got &{${goValue(value)}}`)];
    case "untyped":
      return type !== "object" ? [] : [problem(`expected any scalar, got &{${goValue(value)}}`)];
  }
}

function checkMap(map: MapAtom, value: Record<string, unknown>, allowDuplicates: boolean): Problem[] {
  const problems: Problem[] = [];
  for (const key of Object.keys(value)) {
    const atom = map.members.get(key)?.atom ?? map.items;
    if (!atom) {
      // Upstream stops looking at this object, too.
      problems.push({ path: `.${key}`, message: "field not declared in schema" });
      break;
    }
    const found = check(atom, value[key], allowDuplicates);
    if (found.length > 0) problems.push(...below(`.${key}`, found));
  }
  return problems;
}

function checkList(list: ListAtom, items: readonly unknown[], allowDuplicates: boolean): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    let element = `i:${index}`;
    if (!list.atomic) {
      try {
        element = itemElement(list, item);
      } catch (error) {
        problems.push(problem(`element ${index}: ${(error as Error).message}`));
        return problems; // without a name for the item there is no path to report
      }
      if (seen.has(element) && !allowDuplicates) {
        problems.push(problem(`duplicate entries for key ${printElement(element)}`));
      }
      seen.add(element);
    }
    const found = check(list.items, item, allowDuplicates);
    if (found.length > 0) problems.push(...below(printElement(element), found));
  }
  return problems;
}
