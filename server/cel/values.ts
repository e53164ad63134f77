import type { CelType } from "./types.ts";

/**
 * Values of expressions. JSON stays as it is: strings, booleans, null, arrays (list), plain objects (map or object).
 * An int is a JS number while that is exact, else a BigInt; so a double needs a class of its own.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Double
  | Uint
  | Timestamp
  | Duration
  | readonly unknown[]
  | CelMap
  | Optional
  | TypeValue
  | Opaque
  | Struct
  | { readonly [key: string]: unknown };

export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}
/** Nanoseconds since the epoch. */
export class Timestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}
export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}
/** `undefined` inside is optional.none(). */
export class Optional {
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}
export const NONE = new Optional(undefined);

export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A value of a library: a quantity, an address. */
export class Opaque {
  readonly typeName: string;
  /** As the library keeps it. */
  readonly value: unknown;
  readonly equals: (other: unknown) => boolean;
  /** What size() would say, where the type has a size. Costs count it. */
  readonly size: number;
  constructor(typeName: string, value: unknown, equals: (other: unknown) => boolean, size = 1) {
    this.typeName = typeName;
    this.value = value;
    this.equals = equals;
    this.size = size;
  }
}

/** A value of a declared type, written out as `Name{field: value}`. */
export class Struct {
  readonly typeName: string;
  readonly fields: ReadonlyMap<string, Value>;
  constructor(typeName: string, fields: ReadonlyMap<string, Value>) {
    this.typeName = typeName;
    this.fields = fields;
  }
}

/** A map made by an expression: keys of any kind, found by value, so 1, 1u and 1.0 are one key. */
export class CelMap {
  readonly #entries = new Map<string, { key: Value; value: Value }>();
  get size(): number {
    return this.#entries.size;
  }
  has(key: Value): boolean {
    return this.#entries.has(keyOf(key));
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.value;
  }
  set(key: Value, value: Value): void {
    this.#entries.set(keyOf(key), { key, value });
  }
  entries(): IterableIterator<{ key: Value; value: Value }> {
    return this.#entries.values();
  }
}

function keyOf(key: Value): string {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "boolean") return `b${key}`;
  if (key instanceof Uint) return `n${key.value}`;
  if (key instanceof Double) return `n${Number.isInteger(key.value) ? BigInt(key.value) : key.value}`;
  if (typeof key === "number" || typeof key === "bigint") return `n${key === 0 ? 0 : key}`;
  return "other";
}

/** What an evaluation fails with. Not an Error: expressions make many and catch most, a stack would cost. */
export class CelError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}
export const fail = (message: string): never => {
  throw new CelError(message);
};
export const noSuchOverload = (): never => fail("no such overload");

const MIN_INT = -(2n ** 63n);
const MAX_INT = 2n ** 63n - 1n;

/** The one form that an int has. */
export function intOf(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}
/** The same, of a result that may not fit 64 bits. */
export function checkedInt(value: bigint): number | bigint {
  return value < MIN_INT || value > MAX_INT ? fail("integer overflow") : intOf(value);
}
export function checkedUint(value: bigint): Uint {
  return value < 0n || value > 0xffffffffffffffffn ? fail("unsigned integer overflow") : new Uint(value);
}

export const isInt = (value: unknown): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint";
export const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);
export const isMap = (value: unknown): value is CelMap | Record<string, unknown> =>
  value instanceof CelMap || isPlainObject(value);
export const isList = (value: unknown): value is readonly Value[] => Array.isArray(value);
export const isNumeric = (value: unknown): value is number | bigint | Uint | Double =>
  isInt(value) || value instanceof Double || value instanceof Uint;

/** What type(value) is named. */
export function typeName(value: Value): string {
  if (value === null) return "null_type";
  if (typeof value === "boolean") return "bool";
  if (isInt(value)) return "int";
  if (typeof value === "string") return "string";
  if (value instanceof Double) return "double";
  if (value instanceof Uint) return "uint";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Timestamp) return "google.protobuf.Timestamp";
  if (value instanceof Duration) return "google.protobuf.Duration";
  if (value instanceof Optional) return "optional_type";
  if (value instanceof TypeValue) return "type";
  if (value instanceof Opaque || value instanceof Struct) return value.typeName;
  return Array.isArray(value) ? "list" : "map";
}

/** Whether a value may be an argument of that type; insides of lists and maps are not looked at. */
export function isOfType(value: Value, type: CelType): boolean {
  switch (type.kind) {
    case "dyn":
    case "param":
    case "error":
      return true;
    case "list":
      return Array.isArray(value);
    case "map":
      return isMap(value);
    case "object":
      return isMap(value) || (value instanceof Struct && value.typeName === type.name);
    default:
      return typeName(value) === type.name;
  }
}

/** Entries of a map of either kind. */
export function* mapEntries(map: CelMap | Record<string, unknown>): Generator<{ key: Value; value: Value }> {
  if (map instanceof CelMap) yield* map.entries();
  // JSON holds nothing but values.
  else for (const [key, value] of Object.entries(map)) yield { key, value: fromJson(value) };
}
export const mapSize = (map: CelMap | Record<string, unknown>): number =>
  map instanceof CelMap ? map.size : Object.keys(map).length;
/** @returns undefined when absent. */
export function mapGet(map: CelMap | Record<string, unknown>, key: Value): Value | undefined {
  if (map instanceof CelMap) return map.get(key);
  return typeof key === "string" && Object.hasOwn(map, key) ? fromJson(map[key]) : undefined;
}

/** A value out of JSON: numbers with a fraction are doubles, the others ints. */
export function fromJson(value: unknown): Value {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value) : new Double(value);
  // The rest of JSON is a Value as it stands; undefined never occurs in it.
  return (value ?? null) as Value;
}

/** The same, where the type says more than JSON can: dates are strings there. */
export function fromTyped(value: unknown, type: CelType | undefined): Value {
  if (isInt(value) && type?.kind === "double") return new Double(Number(value));
  if (typeof value === "number" && type?.kind === "uint") return new Uint(BigInt(value));
  if (typeof value === "string" && type && parsers[type.kind]) return parsers[type.kind]?.(value) ?? value;
  return fromJson(value);
}
/** Filled by the library that can read them, which imports this file. */
export const parsers: Partial<Record<CelType["kind"], (text: string) => Value>> = {};

/** Characters of a string: code points, as Go counts runes. */
export const lengthOf = (text: string): number => {
  let length = 0;
  for (const _ of text) length++;
  return length;
};

/** What costs count as the size of a value: 1 for all that have none. (cel-go/interpreter/runtimecost.go) */
export function sizeOf(value: Value): number {
  if (typeof value === "string") return lengthOf(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof Opaque) return value.size;
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOf(value.value);
  return isMap(value) ? mapSize(value) : 1;
}
