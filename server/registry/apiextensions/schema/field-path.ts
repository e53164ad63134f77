import { additionalOf, type JsonSchema, propertyOf } from "./json-schema.ts";

/** What a path such as `.spec.color` leads to. */
export interface FoundField {
  /** As a field path, without the leading dot. */
  readonly path: string;
  readonly root: string;
  readonly schema: JsonSchema | undefined;
}

/**
 * Follows a path through a schema. (schema/cel/validation.go ValidFieldPath)
 * @returns upstream's text when it leads nowhere
 */
export function followFieldPath(jsonPath: string, schema: JsonSchema, allowBrackets: boolean): FoundField | string {
  const tokens = tokensOf(jsonPath);
  let path = "";
  let root = "";
  let at: JsonSchema | undefined = schema;
  const step = (name: string): string | undefined => {
    if (!at?.properties && at?.additionalProperties === undefined) return "does not refer to a valid field";
    if (at.properties) {
      const next = propertyOf(at, name);
      path = path ? `${path}.${name}` : name;
      if (!next) return "does not refer to a valid field";
      at = next;
    } else {
      path = `${path}[${name}]`;
      at = additionalOf(at);
    }
    root ||= name;
    return undefined;
  };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token !== "." && token !== "[") return `expected [ or . but got: ${token}`;
    if (token === "[" && !allowBrackets) return "array notation is not allowed";
    const name = tokens[++i];
    if (name === undefined) return "unexpected end of JSON path";
    if (token === "[" && !/^'.*'$/s.test(name)) return `expected single quoted string but got ${name}`;
    const wrong = step(token === "[" ? name.slice(1, -1).replaceAll(/\\(['\\])/g, "$1") : name);
    if (wrong) return wrong;
    if (token === ".") continue;
    const end = tokens[++i];
    if (end === undefined) return "unexpected end of JSON path";
    if (end !== "]") return `expected ] but got ${end}`;
  }
  return { path, root, schema: at };
}

/** Dots and brackets alone, quoted texts, and what is between. */
function tokensOf(text: string): string[] {
  return text.match(/'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]]+/gs) ?? [];
}
