import {
  Double,
  Duration,
  fail,
  fromJson,
  isList,
  isMap,
  isNumeric,
  mapEntries,
  mapGet,
  mapSize,
  noSuchOverload,
  Opaque,
  Optional,
  Struct,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from "./values.ts";

/** Compares numbers of any two kinds; undefined when one is NaN. */
export function compareNumeric(
  a: number | bigint | Uint | Double,
  b: number | bigint | Uint | Double,
): number | undefined {
  // As upstream: beside a double everything becomes one, even where that loses digits.
  const lossy = a instanceof Double || b instanceof Double;
  const left = plainNumber(a, lossy);
  const right = plainNumber(b, lossy);
  if (left === right) return 0;
  if (left < right) return -1;
  if (left > right) return 1;
  // biome-ignore lint/suspicious/noDoubleEquals: a BigInt equals the number of the same value only this way.
  return left == right ? 0 : undefined;
}

const plainNumber = (value: number | bigint | Uint | Double, lossy: boolean): number | bigint => {
  const plain = value instanceof Double || value instanceof Uint ? value.value : value;
  return lossy ? Number(plain) : plain;
};

/** Whether two values are equal; values of different kinds never are, except numbers. */
export function equal(a: Value, b: Value): boolean {
  if (typeof a === "string" || typeof a === "boolean" || a === null) return a === b;
  if (isNumeric(a)) return isNumeric(b) && compareNumeric(a, b) === 0;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((x, i) => equal(fromJson(x), fromJson(b[i])));
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Optional) {
    if (!(b instanceof Optional)) return false;
    if (a.value === undefined || b.value === undefined) return a.value === b.value;
    return equal(a.value, b.value);
  }
  if (a instanceof Opaque) return b instanceof Opaque && a.typeName === b.typeName && a.equals(b.value);
  if (a instanceof Struct || b instanceof Struct) return equalStructs(a, b);
  if (!isMap(a) || !isMap(b) || mapSize(a) !== mapSize(b)) return false;
  for (const { key, value } of mapEntries(a)) {
    const other = mapGet(b, key);
    if (other === undefined || !equal(value, other)) return false;
  }
  return true;
}

function equalStructs(a: Value, b: Value): boolean {
  if (!(a instanceof Struct && b instanceof Struct) || a.typeName !== b.typeName) return false;
  const same = ([name, value]: [string, Value]) => b.fields.has(name) && equal(value, b.fields.get(name) ?? null);
  return a.fields.size === b.fields.size && [...a.fields].every(same);
}

/** Orders two values of one kind. @throws CelError when they have no order. */
export function compare(a: Value, b: Value): number {
  if (isNumeric(a) && isNumeric(b)) return compareNumeric(a, b) ?? fail("NaN values cannot be ordered");
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a instanceof Timestamp && b instanceof Timestamp) return a.nanos < b.nanos ? -1 : Number(a.nanos > b.nanos);
  if (a instanceof Duration && b instanceof Duration) return a.nanos < b.nanos ? -1 : Number(a.nanos > b.nanos);
  return noSuchOverload();
}

/** Go orders strings by bytes, JS by UTF-16 units; they differ only where surrogates occur. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  if (/^[\x00-\x7f]*$/.test(a)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
