import type { Schema } from "../../openapi/schema.ts";
import { goType } from "./go-value.ts";
import { isMembers, jsonTypeName, type Members, setMember } from "./members.ts";

/** A JSON value of a type that the field does not take; the message is that of upstream's converter. */
export class UnstructuredError extends Error {}

/** What reflect.Kind calls the JSON types. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  return isMembers(value) ? "map" : goType(value);
}

const GO_NUMBER = { int32: "int32", int64: "int64", double: "float64" } as const;

/**
 * Checks the types of the result of a strategic merge patch, which upstream does not decode from JSON but converts:
 * other words, and a number too large for its type loses its upper bits. Unknown fields and nulls are left in.
 * Follows apimachinery/pkg/runtime/converter.go.
 *
 * @throws UnstructuredError
 */
export function fromUnstructured(value: unknown, schema: Schema): unknown {
  if (value === null || value === undefined) return value;
  switch (schema.type) {
    case "object":
      return structFrom(value, schema);
    case "map":
      return mapFrom(value, schema);
    case "list":
      return listFrom(value, schema);
    case "bytes":
      if (typeof value !== "string") throw new UnstructuredError(`cannot restore slice from ${kindOf(value)}`);
      return value;
    case "string":
      if (typeof value === "string") return value;
      throw unconvertible(value, "string", typeof value === "bigint" || Number.isInteger(value));
    case "boolean":
      if (typeof value === "boolean") return value;
      throw unconvertible(value, "bool", false);
    case "int32":
    case "int64":
    case "double":
      return numberFrom(value, schema.type);
    case "time":
    case "micro-time":
    case "duration":
      if (typeof value === "string") return value;
      throw cannotUnmarshal(jsonTypeName(value), "string");
    case "int-or-string":
      return intOrStringFrom(value);
    default:
      return value;
  }
}

function structFrom(value: unknown, schema: Schema): Members {
  if (!isMembers(value)) throw new UnstructuredError(`cannot restore struct from: ${kindOf(value)}`);
  const result: Members = {};
  for (const [key, member] of Object.entries(value)) {
    const field = schema.fields?.get(key);
    setMember(result, key, field ? fromUnstructured(member, field.schema) : member);
  }
  return result;
}

function mapFrom(value: unknown, { items }: Schema): Members {
  if (!isMembers(value)) throw new UnstructuredError(`cannot restore map from ${kindOf(value)}`);
  const result: Members = {};
  for (const [key, member] of Object.entries(value)) {
    setMember(result, key, items ? fromUnstructured(member, items) : member);
  }
  return result;
}

function listFrom(value: unknown, { items }: Schema): unknown[] {
  if (!Array.isArray(value)) throw new UnstructuredError(`cannot restore slice from ${kindOf(value)}`);
  return items ? value.map((element) => fromUnstructured(element, items)) : value;
}

function numberFrom(value: unknown, type: keyof typeof GO_NUMBER): number | bigint {
  if (typeof value === "bigint")
    return type === "int64" ? value : Number(type === "int32" ? BigInt.asIntN(32, value) : value);
  if (typeof value !== "number") throw unconvertible(value, GO_NUMBER[type], false);
  if (type === "double") return value;
  if (!Number.isInteger(value)) throw unconvertible(value, GO_NUMBER[type], true);
  return type === "int32" ? Number(BigInt.asIntN(32, BigInt(value))) : value;
}

function intOrStringFrom(value: unknown): unknown {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") throw cannotUnmarshal(`number ${value}`, "int32");
  if (typeof value !== "number") throw cannotUnmarshal(jsonTypeName(value), "int32");
  if (value !== (value | 0)) throw cannotUnmarshal(`number ${value}`, "int32");
  return value;
}

/** @param convertible Go could convert the one type to the other, but JSON does not */
function unconvertible(value: unknown, type: string, convertible: boolean): UnstructuredError {
  return new UnstructuredError(
    convertible ? `cannot convert ${goType(value)} to ${type}` : `unrecognized type: ${type}`,
  );
}

function cannotUnmarshal(value: string, type: string): UnstructuredError {
  return new UnstructuredError(`json: cannot unmarshal ${value} into Go value of type ${type}`);
}
