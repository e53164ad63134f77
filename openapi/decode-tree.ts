/**
 * The slow, exact half of decoding: walks a body as Go's decoder does (sigs.k8s.io/json, a case-sensitive and strict
 * encoding/json), so that errors, their order and the strict findings are Go's. The result is a plain value that the
 * fast half (decode-plain.ts) accepts: known fields only, nulls replaced by what Go leaves there.
 */

import { numberOf } from "./exact-json.ts";
import { isInteger, wrappedInteger } from "./go-integers.ts";
import { goQuote } from "./go-quote.ts";
import { embeddingOf, goType, goTypeName, itemType } from "./go-types.ts";
import { DecodeError, type Node, parseTree, plainValue, setMember } from "./json-tree.ts";
import { canonicalBase64, canonicalQuantity, formatGoDuration, parseGoDuration, ScalarError } from "./scalars.ts";
import type { Field, Schema } from "./schema.ts";
import { canonicalMicroTime, canonicalTime } from "./time.ts";
import { schemaOf } from "./types.ts";

/** Go's UnmarshalTypeError: where the value should have gone is filled in by whoever knows. */
class TypeMismatch extends DecodeError {
  readonly value: string;
  readonly goType: string;
  readonly path: readonly string[];
  constructor(value: string, type: string, struct: string, path: readonly string[]) {
    const target = struct || path.length > 0 ? `Go struct field ${struct}.${path.join(".")}` : "Go value";
    super(`json: cannot unmarshal ${value} into ${target} of type ${type}`);
    this.value = value;
    this.goType = type;
    this.path = path;
  }
}

const MOST_PROBLEMS = 100;
const QUANTITY_OF_OTHER = "x"; // what a quantity makes of an object, list or boolean: not a number
const SCHEMA_PROPS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/** Walks one body. `problems` are the strict findings, worded as upstream, in order. */
export class TreeDecoder {
  readonly problems: string[] = [];
  readonly #seen = new Set<string>();
  readonly #strict: boolean;
  readonly #converts: boolean;
  /** The first wrong type. Go goes on after it, because a later error of a type's own decoder wins. */
  #error: DecodeError | undefined;
  #struct = "";
  #path: string[] = [];
  #strictPath = "";

  /** @param converts numbers are no text any more but Go's: integers that do not fit wrap around */
  constructor(strict: boolean, converts = false) {
    this.#strict = strict;
    this.#converts = converts;
  }

  /** @throws DecodeError */
  decode(node: Node, schema: Schema, type = goTypeName(schema)): unknown {
    const value = this.#decode(node, schema, type, undefined);
    if (this.#error) throw this.#error;
    return value;
  }

  #mismatch(value: string, type: string): undefined {
    this.#error ??= this.#abort(value, type);
    return undefined;
  }

  #abort(value: string, type: string): TypeMismatch {
    return new TypeMismatch(value, type, this.#struct, this.#path);
  }

  #problem(what: string, key: string): void {
    const path = this.#strictPath ? `${this.#strictPath}.${key}` : key;
    const text = `${what} field ${goQuote(path)}`;
    if (!this.#strict || this.problems.length >= MOST_PROBLEMS || this.#seen.has(text)) return;
    this.#seen.add(text);
    this.problems.push(text);
  }

  /** @returns undefined where Go leaves the target as it was */
  #decode(node: Node, schema: Schema, type: string, before: unknown): unknown {
    if (schema.type === "any" && !schema.name) return this.#untyped(node);
    const special = this.#special(node, schema);
    if (special !== NOT_SPECIAL) return special;
    switch (node.kind) {
      case "null":
        return undefined;
      case "object":
        if (schema.type === "object") return this.#object(node.entries, schema, before);
        if (schema.type === "map") return this.#map(node.entries, schema, type, before);
        return this.#mismatch("object", type);
      case "array":
        if (schema.type === "list") return this.#list(node.items, schema, type, before);
        return schema.type === "bytes" ? this.#byteList(node.items) : this.#mismatch("array", type);
      case "bool":
        return schema.type === "boolean" ? node.value : this.#mismatch("bool", type);
      case "string":
        if (schema.type === "string") return node.value;
        return schema.type === "bytes" ? this.#bytes(node.value) : this.#mismatch("string", type);
      case "number":
        return this.#number(node.text, schema, type);
    }
  }

  #number(text: string, schema: Schema, type: string): unknown {
    switch (schema.type) {
      case "int32":
      case "int64":
        if (isInteger(text, schema.type)) return numberOf(text);
        return (
          (this.#converts ? wrappedInteger(text, schema.type) : undefined) ?? this.#mismatch(`number ${text}`, type)
        );
      case "double":
        return Number.isFinite(Number(text)) ? Number(text) : this.#mismatch(`number ${text}`, type);
      default:
        return this.#mismatch("number", type);
    }
  }

  #bytes(text: string): unknown {
    try {
      return canonicalBase64(text);
    } catch (error) {
      if (!(error instanceof ScalarError)) throw error;
      this.#error ??= new DecodeError(error.message);
      return undefined;
    }
  }

  /** Go takes a list of numbers for bytes. */
  #byteList(nodes: readonly Node[]): string {
    const bytes = nodes.map((node) => {
      if (node.kind === "null") return 0;
      const isByte = node.kind === "number" && /^[0-9]+$/.test(node.text) && Number(node.text) < 256;
      if (isByte) return Number(node.text);
      this.#mismatch(node.kind === "number" ? `number ${node.text}` : node.kind, "uint8");
      return 0;
    });
    return Buffer.from(bytes).toString("base64");
  }

  /** Types that decode themselves in Go. Their errors end the decoding. */
  #special(node: Node, schema: Schema): unknown {
    switch (schema.type) {
      case "quantity": {
        const text = node.kind === "string" ? node.value : node.kind === "number" ? node.text : QUANTITY_OF_OTHER;
        return node.kind === "null" ? undefined : scalar(() => canonicalQuantity(text));
      }
      case "time":
        return this.#string(node, canonicalTime);
      case "micro-time":
        return this.#string(node, canonicalMicroTime);
      case "duration":
        return this.#string(node, (text) => formatGoDuration(parseGoDuration(text)));
      case "int-or-string":
        if (node.kind === "null" || node.kind === "string") return node.kind === "null" ? undefined : node.value;
        if (node.kind === "number" && isInteger(node.text, "int32")) return Number(node.text);
        throw this.#abort(node.kind === "number" ? `number ${node.text}` : node.kind, "int32");
      case "raw":
      case "fields-v1":
        return node.kind === "null" ? undefined : plainValue(node);
      case "any":
        return this.#union(node, schema.name ?? "");
      default:
        return NOT_SPECIAL;
    }
  }

  #string(node: Node, read: (text: string) => string): string | undefined {
    if (node.kind === "null") return undefined;
    if (node.kind !== "string") throw this.#abort(node.kind, "string");
    // Go's zero time reads back as null.
    return scalar(() => read(node.value)) || undefined;
  }

  /** The unions inside a CRD's schema (apiextensions-apiserver/pkg/apis/apiextensions/v1/marshal.go). */
  #union(node: Node, name: string): unknown {
    const short = name.slice(name.lastIndexOf(".") + 1);
    if (node.kind === "null") return undefined;
    if (short === "JSONSchemaPropsOrBool") {
      if (node.kind === "bool") return node.value;
      if (node.kind === "object") return this.#nested(node, schemaOf(SCHEMA_PROPS));
      throw new DecodeError("boolean or JSON schema expected");
    }
    if (short === "JSONSchemaPropsOrArray" || short === "JSONSchemaPropsOrStringArray") {
      if (node.kind === "object") return this.#nested(node, schemaOf(SCHEMA_PROPS));
      const items: Schema = short === "JSONSchemaPropsOrArray" ? schemaOf(SCHEMA_PROPS) : { type: "string" };
      return node.kind === "array" ? this.#nested(node, { type: "list", items }) : undefined;
    }
    return plainValue(node);
  }

  /** A decoder of its own inside a type's decoder: not strict, and its wrong types are told from the outside. */
  #nested(node: Node, schema: Schema): unknown {
    try {
      return new TreeDecoder(false).decode(node, schema);
    } catch (error) {
      if (!(error instanceof TypeMismatch)) throw error;
      throw new TypeMismatch(error.value, error.goType, this.#struct, [...this.#path, ...error.path]);
    }
  }

  #list(nodes: readonly Node[], schema: Schema, type: string, before: unknown): unknown[] {
    const items = schema.items ?? { type: "any" };
    const strictPath = this.#strictPath;
    const decoded = nodes.map((node, index) => {
      this.#strictPath = `${strictPath}[${index}]`;
      const old: unknown = Array.isArray(before) ? before[index] : undefined;
      return this.#decode(node, items, itemType(type, items), old) ?? old ?? zero(items);
    });
    this.#strictPath = strictPath;
    return decoded;
  }

  #map(entries: readonly (readonly [string, Node])[], schema: Schema, type: string, before: unknown): unknown {
    const items = schema.items ?? { type: "any" };
    const map: Record<string, unknown> = isRecord(before) ? before : {};
    const strictPath = this.#strictPath;
    const seen = new Set<string>();
    for (const [key, node] of entries) {
      if (seen.has(key)) this.#problem("duplicate", key);
      seen.add(key);
      this.#strictPath = strictPath ? `${strictPath}.${key}` : key;
      setMember(map, key, this.#decode(node, items, itemType(type, items), undefined) ?? zero(items));
      this.#strictPath = strictPath;
    }
    return map;
  }

  #object(entries: readonly (readonly [string, Node])[], schema: Schema, before: unknown): unknown {
    const object: Record<string, unknown> = isRecord(before) ? before : {};
    const [struct, path, strictPath] = [this.#struct, this.#path, this.#strictPath];
    const name = schema.name ?? "";
    const seen = new Set<string>();
    for (const [key, node] of entries) {
      const field = schema.fields?.get(key);
      if (!field) {
        this.#problem("unknown", key);
        continue;
      }
      if (seen.has(key)) this.#problem("duplicate", key);
      seen.add(key);
      this.#struct = name.slice(name.lastIndexOf(".") + 1);
      this.#path = [...path, ...embeddingOf(name, field), key];
      this.#strictPath = strictPath ? `${strictPath}.${key}` : key;
      const value = this.#decode(node, field.schema, goType(name, field), object[key]);
      if (value !== undefined) object[key] = value;
      else if (node.kind === "null" && nullResets(field)) delete object[key];
      // Not in a `finally`: an error that ends the decoding is told from where it happened.
      [this.#struct, this.#path, this.#strictPath] = [struct, path, strictPath];
    }
    return object;
  }

  /** What Go decodes into interface{}: everything is kept, duplicate keys are found. */
  #untyped(node: Node): unknown {
    const strictPath = this.#strictPath;
    if (node.kind === "array") {
      const items = node.items.map((item, index) => {
        this.#strictPath = `${strictPath}[${index}]`;
        return this.#untyped(item);
      });
      this.#strictPath = strictPath;
      return items;
    }
    if (node.kind !== "object") {
      if (node.kind === "number" && !Number.isFinite(Number(node.text)))
        throw this.#abort(`number ${node.text}`, "float64");
      return plainValue(node);
    }
    const object: Record<string, unknown> = {};
    for (const [key, member] of node.entries) {
      if (Object.hasOwn(object, key)) this.#problem("duplicate", key);
      this.#strictPath = strictPath ? `${strictPath}.${key}` : key;
      setMember(object, key, this.#untyped(member));
      this.#strictPath = strictPath;
    }
    return object;
  }
}

const NOT_SPECIAL = Symbol();

/**
 * The apiVersion and kind that a body states, which upstream reads before anything else and, unlike the rest, without
 * regard to case (apimachinery/pkg/runtime/serializer/json/meta.go). @throws DecodeError
 */
export function decodeTypeMeta(bytes: Uint8Array): { apiVersion: string; kind: string } {
  const prefix = "couldn't get version/kind; json parse error: ";
  const target =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
  const found = { apiVersion: "", kind: "" };
  try {
    const node = parseTree(bytes);
    if (node.kind === "null") return found;
    if (node.kind !== "object") throw new TypeMismatch(node.kind, target, "", []);
    let mismatch: TypeMismatch | undefined;
    for (const [key, member] of node.entries) {
      const name =
        key.toLowerCase() === "apiversion" ? "apiVersion" : key.toLowerCase() === "kind" ? "kind" : undefined;
      if (!name || member.kind === "null") continue;
      if (member.kind === "string") found[name] = member.value;
      else mismatch ??= new TypeMismatch(member.kind, "string", "", [name]);
    }
    if (mismatch) throw mismatch;
    return found;
  } catch (error) {
    throw error instanceof DecodeError ? new DecodeError(prefix + error.message) : error;
  }
}

function scalar(read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw error instanceof ScalarError ? new DecodeError(error.message) : error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What null leaves of an earlier value of the same field: Go keeps what is not a pointer, list, map or own decoder. */
function nullResets(field: Field): boolean {
  return field.pointer || !["string", "int32", "int64", "double", "boolean", "object"].includes(field.schema.type);
}

/** What Go has in a list or map where null was sent. */
function zero(schema: Schema): unknown {
  switch (schema.type) {
    case "object":
    case "map":
      return {};
    case "list":
      return [];
    case "int32":
    case "int64":
    case "double":
    case "int-or-string":
      return 0;
    case "boolean":
      return false;
    case "quantity":
      return "0";
    case "raw":
    case "fields-v1":
    case "any":
    case "time":
    case "micro-time":
      return null;
    default:
      return "";
  }
}
