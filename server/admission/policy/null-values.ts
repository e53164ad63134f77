import { type Atom, isObject } from "../../meta/managed-fields/atom.ts";

/**
 * CEL's null in an ApplyConfiguration is protobuf's NullValue to upstream, which no field of a schema may hold, although
 * JSON's null would be none.
 * @returns what is wrong, by path, in the words of structured-merge-diff
 */
export function findNullValues(atom: Atom, value: unknown, path = ""): string[] {
  if (value === null) {
    const wanted = expectation(atom);
    return wanted ? [`${path}: ${wanted}`] : [];
  }
  if (Array.isArray(value)) {
    const { list } = atom;
    return list ? value.flatMap((item, index) => findNullValues(list.items, item, `${path}[${index}]`)) : [];
  }
  const { map } = atom;
  if (!isObject(value) || !map) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const below = map.members.get(key)?.atom ?? map.items;
    return below ? findNullValues(below, member, `${path}.${key}`) : [];
  });
}

function expectation({ map, list, scalar }: Atom): string | undefined {
  // What may be anything may be this, too.
  if (map && list) return undefined;
  if (map) return "expected map, got &{NULL_VALUE}";
  if (list) return "expected list, got &{NULL_VALUE}";
  switch (scalar) {
    case "string":
      return "expected string, got &value.valueUnstructured{Value:0}";
    case "numeric":
      return "expected numeric (int or float), got structpb.NullValue";
    case "boolean":
      return "expected boolean, got &{NULL_VALUE}";
    default:
      return undefined;
  }
}
