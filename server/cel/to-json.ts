import { formatDuration, formatTimestamp } from "./library/time.ts";
import {
  CelMap,
  Double,
  Duration,
  fail,
  isInt,
  isList,
  isPlainObject,
  Optional,
  Struct,
  Timestamp,
  typeName,
  Uint,
  type Value,
} from "./values.ts";

/** A value as the JSON that it stands for. @throws CelError where there is none (cel-go/common/types ConvertToNative) */
export function toJson(value: Value): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (isInt(value)) return Number.isSafeInteger(value) ? Number(value) : String(value);
  if (value instanceof Double) return value.value;
  if (value instanceof Uint) return value.value <= Number.MAX_SAFE_INTEGER ? Number(value.value) : String(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (isList(value)) return value.map(toJson);
  if (value instanceof Struct) return objectOf(value.fields);
  if (value instanceof CelMap) {
    const entries = [...value.entries()].map(({ key, value: member }): [string, Value] => [textOf(key), member]);
    return objectOf(entries);
  }
  if (value instanceof Optional) return value.value === undefined ? null : toJson(value.value);
  // What came in as JSON; ints beyond doubles can only be made.
  if (isPlainObject(value)) return objectOf(Object.entries(value) as [string, Value][]);
  return fail(`type conversion error from '${typeName(value)}' to 'google.protobuf.Value'`);
}

function textOf(key: Value): string {
  return typeof key === "string" ? key : fail(`unsupported type conversion from '${typeName(key)}' to 'string'`);
}

function objectOf(entries: Iterable<readonly [string, Value]>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value: toJson(value), enumerable: true, writable: true, configurable: true });
  }
  return object;
}
