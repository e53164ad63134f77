import type { Field, Schema, SchemaType } from "../../../openapi/schema.ts";

/** A scalar as field management sees it; `untyped` is any of them. */
export type Scalar = "numeric" | "string" | "boolean" | "untyped";

/**
 * What a place in an object may hold, and how it is owned. Most places allow one of the three; free-form JSON allows
 * all. Follows kube-openapi/pkg/schemaconv, with a Schema in place of an OpenAPI document.
 */
export interface Atom {
  readonly scalar?: Scalar;
  readonly list?: ListAtom;
  readonly map?: MapAtom;
}

/** A named member: its element in paths is ready-made, its atom is made on first use (types may be recursive). */
export class Member {
  readonly element: string;
  readonly always: boolean;
  /** Go leaves it out when empty, although objects have it here. */
  readonly keepsEmpty: boolean;
  readonly default: unknown;
  readonly #schema: Schema;
  readonly #open: boolean;
  #atom: Atom | undefined;

  constructor({ name, schema, always, keepsEmpty = false, default: value }: Field, open: boolean) {
    this.element = `f:${name}`;
    this.always = always;
    this.keepsEmpty = keepsEmpty;
    this.default = value;
    this.#schema = schema;
    this.#open = open;
  }

  get atom(): Atom {
    this.#atom ??= atomOf(this.#schema, this.#open);
    return this.#atom;
  }
}

/** An object or a map. A key that is no member takes `items`; without `items` it is an error. */
export class MapAtom {
  readonly atomic: boolean;
  readonly members: ReadonlyMap<string, Member>;
  /** Members that Go prints even when nil: an absent one equals null. */
  readonly always: readonly [name: string, member: Member][];
  /** Free-form below: sets are never reconciled with it. */
  readonly free: boolean;
  readonly #items: () => Atom | undefined;

  constructor(options: {
    atomic: boolean;
    members: ReadonlyMap<string, Member>;
    free: boolean;
    items: () => Atom | undefined;
  }) {
    this.atomic = options.atomic;
    this.members = options.members;
    this.always = [...options.members].filter(([, member]) => member.always);
    this.free = options.free;
    this.#items = options.items;
  }

  get items(): Atom | undefined {
    return this.#items();
  }
}

/** A list. `keys` is empty for a set; both absent for an atomic list. Keys come sorted, with their defaults. */
export class ListAtom {
  readonly atomic: boolean;
  readonly keyNames: readonly string[];
  readonly #items: () => Atom;
  #keys: readonly ListKey[] | undefined;

  constructor(options: { atomic: boolean; keyNames: readonly string[]; items: () => Atom }) {
    this.atomic = options.atomic;
    this.keyNames = options.keyNames;
    this.#items = options.items;
  }

  get items(): Atom {
    return this.#items();
  }

  get keys(): readonly ListKey[] {
    this.#keys ??= this.keyNames
      .map((name) => ({ name, default: this.items.map?.members.get(name)?.default }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#keys;
  }
}

/** A key of a list of objects. */
export interface ListKey {
  readonly name: string;
  readonly default: unknown;
}

const NO_MEMBERS: ReadonlyMap<string, Member> = new Map();

/** RawExtension: one value, whatever it is. */
const UNTYPED: Atom = {
  scalar: "untyped",
  list: new ListAtom({ atomic: true, keyNames: [], items: () => UNTYPED }),
  map: new MapAtom({ atomic: true, members: NO_MEMBERS, free: true, items: () => UNTYPED }),
};

/** Free-form JSON: maps are granular, lists are not. */
export const DEDUCED: Atom = {
  scalar: "untyped",
  list: new ListAtom({ atomic: true, keyNames: [], items: () => UNTYPED }),
  map: new MapAtom({ atomic: false, members: NO_MEMBERS, free: true, items: () => DEDUCED }),
};

const SCALARS: Partial<Record<SchemaType, Atom>> = {
  string: { scalar: "string" },
  bytes: { scalar: "string" },
  duration: { scalar: "string" },
  int32: { scalar: "numeric" },
  int64: { scalar: "numeric" },
  double: { scalar: "numeric" },
  boolean: { scalar: "boolean" },
  quantity: { scalar: "untyped" },
  time: { scalar: "untyped" },
  "micro-time": { scalar: "untyped" },
  "int-or-string": DEDUCED,
  any: DEDUCED,
  raw: UNTYPED,
  "fields-v1": { map: DEDUCED.map! },
};

const closedAtoms = new WeakMap<Schema, Atom>();
const openAtoms = new WeakMap<Schema, Atom>();

/** @param open a parent keeps unknown fields, which holds for all objects below it */
export function atomOf(schema: Schema, open = false): Atom {
  const scalar = SCALARS[schema.type];
  if (scalar) return scalar;
  const inherited = open || schema.preserveUnknownFields === true;
  const cache = inherited ? openAtoms : closedAtoms;
  let atom = cache.get(schema);
  if (!atom) {
    atom = makeAtom(schema, inherited);
    cache.set(schema, atom);
  }
  return atom;
}

function makeAtom(schema: Schema, open: boolean): Atom {
  const items = (): Atom => (schema.items ? atomOf(schema.items, open) : UNTYPED);
  if (schema.type === "list") {
    const atomic = schema.listType !== "set" && schema.listType !== "map";
    return { list: new ListAtom({ atomic, keyNames: atomic ? [] : (schema.listMapKeys ?? []), items }) };
  }
  const atomic = schema.mapType === "atomic";
  if (schema.type === "map") {
    return { map: new MapAtom({ atomic, members: NO_MEMBERS, free: false, items }) };
  }
  const members = new Map<string, Member>();
  for (const [name, field] of schema.fields ?? []) members.set(name, new Member(field, open));
  // An object that names no fields is free-form.
  const unknownAllowed = open || members.size === 0;
  const free = unknownAllowed && members.size === 0;
  return { map: new MapAtom({ atomic, members, free, items: () => (unknownAllowed ? DEDUCED : undefined) }) };
}

/** Which of an atom's sides a value takes. Null, and values that do not fit, take the first in upstream's order. */
export type Side = "map" | "scalar" | "list";

export function sideOf(atom: Atom, value: unknown): Side {
  if (value !== null && value !== undefined) {
    const side: Side = typeof value !== "object" ? "scalar" : Array.isArray(value) ? "list" : "map";
    if (atom[side]) return side;
  }
  return atom.map ? "map" : atom.scalar ? "scalar" : "list";
}

/** Any JSON object. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Own members only: `constructor` is a fine key of a ConfigMap. */
export function getOwn(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets a key whatever its name: `__proto__` is a fine key of a ConfigMap too. */
export function setOwn(object: JsonObject, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}
