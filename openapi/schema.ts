/**
 * The shape of an object, as everything generic over kinds reads it: decoding, pruning, encoding, strategic merge,
 * server-side apply, OpenAPI. Built-in types come from the facts (openapi/types.ts); a custom resource's shape is
 * made from its CRD (server/extensions). Children are resolved lazily, so recursive types are fine.
 */

/** How a leaf or container is written in JSON. `any` holds any JSON; `raw` is runtime.RawExtension (an object). */
export type SchemaType =
  | "object"
  | "map"
  | "list"
  | "string"
  | "int32"
  | "int64"
  | "double"
  | "boolean"
  | "bytes"
  | "quantity"
  | "int-or-string"
  | "time"
  | "micro-time"
  | "duration"
  | "fields-v1"
  | "raw"
  | "any";

/** One node of a shape. */
export interface Schema {
  readonly type: SchemaType;
  /** OpenAPI definition name, for example `io.k8s.api.core.v1.PodSpec`; absent on lists, maps, leaves and custom resources. */
  readonly name?: string;
  /** Of `object`: fields by JSON name, in Go struct order, which is the order of output. */
  readonly fields?: ReadonlyMap<string, Field>;
  /** Of `list`: its elements. Of `map`: its values. */
  readonly items?: Schema;
  /** Of `list`. Absent counts as atomic for apply. */
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  /** Of `object` and `map`: `atomic` is owned as a whole by one field manager. Absent is granular. */
  readonly mapType?: "atomic" | "granular";
  /** Custom resources: unknown fields below this node are kept (x-kubernetes-preserve-unknown-fields). */
  readonly preserveUnknownFields?: boolean;
  /** Custom resources: this object carries apiVersion, kind and metadata of its own. */
  readonly embeddedResource?: boolean;
  /** Custom resources: null is a value here. */
  readonly nullable?: boolean;
}

/** A named member of an object. */
export interface Field {
  readonly name: string;
  readonly schema: Schema;
  /** A Go pointer: absent and zero differ, and a pointer to a zero value is printed. */
  readonly pointer: boolean;
  /** Printed even when unset, and then as `unset`. */
  readonly always: boolean;
  readonly unset?: unknown;
  /** Of a list left out when empty: the empty one is kept while decoding, since defaults or validation tell it from none. */
  readonly keepsEmpty?: boolean;
  readonly required: boolean;
  /** The default that the published schema states. Type defaults that are functions live in the kind definitions. */
  readonly default?: unknown;
  readonly enum?: readonly string[];
  /** Strategic merge: `merge`, `replace`, `retainKeys`, or several joined by commas. */
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  /** Protobuf tag; absent fields do not travel in protobuf. See openapi/facts for the wire details. */
  readonly pb?: number;
}
