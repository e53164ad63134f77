import { goQuote } from "../meta/go-quote.ts";
import { isMembers } from "../meta/members.ts";

/** What a field of a configuration file may hold. */
export type Shape =
  | { readonly kind: "string" | "boolean" | "number" }
  | { readonly kind: "list"; readonly of: Shape; readonly goType: string }
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, Shape>>; readonly goType: string };

const GO = { string: "string", boolean: "bool", number: "int32" } as const;

/**
 * Reads parsed YAML strictly: every field must be known. What is null counts as left out.
 * @throws Error in the words of encoding/json for a wrong type, of apimachinery's strict decoder for unknown fields
 */
export function readStrictly(value: unknown, shape: Shape, root: string): unknown {
  const unknown: string[] = [];
  const read = readShape(value, shape, { path: "", plain: root, unknown });
  if (unknown.length > 0) throw new Error(`strict decoding error: ${unknown.join(", ")}`);
  return read;
}

interface Place {
  /** `jwt[0].issuer`, as strict errors have it. */
  readonly path: string;
  /** `AuthenticationConfiguration.jwt.issuer`, as encoding/json has it. */
  readonly plain: string;
  readonly unknown: string[];
}

function readShape(value: unknown, shape: Shape, place: Place): unknown {
  if (value === null || value === undefined) return undefined;
  if (shape.kind === "list") {
    if (!Array.isArray(value)) throw wrongType(value, shape.goType, place);
    return value.map(
      (item, i) => readShape(item, shape.of, { ...place, path: `${place.path}[${i}]` }) ?? empty(shape.of),
    );
  }
  if (shape.kind === "object") {
    if (!isMembers(value)) throw wrongType(value, shape.goType, place);
    const read: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      const path = place.path ? `${place.path}.${name}` : name;
      const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
      if (!field) place.unknown.push(`unknown field ${goQuote(path)}`);
      else read[name] = readShape(member, field, { ...place, path, plain: `${place.plain}.${name}` });
    }
    return read;
  }
  if (typeof value !== shape.kind) throw wrongType(value, GO[shape.kind], place);
  return value;
}

const empty = (shape: Shape): unknown => (shape.kind === "object" ? {} : shape.kind === "string" ? "" : undefined);

function wrongType(value: unknown, goType: string, { plain }: Place): Error {
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return new Error(`json: cannot unmarshal ${kind} into Go struct field ${plain} of type ${goType}`);
}
