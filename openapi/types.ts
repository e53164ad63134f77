/**
 * Built-in types as Schema graphs, read from openapi/facts/types the first time one of a group is asked for. Reading a
 * file costs well under a millisecond, so nothing is read before it is needed.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Field, Schema, SchemaType } from "./schema.ts";

/** A field as the facts state it. */
export interface FactField {
  readonly type: string;
  readonly ptr?: boolean;
  readonly always?: boolean;
  readonly keepsEmpty?: boolean;
  readonly unset?: unknown;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly goPatchStrategy?: string;
  readonly goPatchMergeKey?: string;
  readonly pb?: number;
  readonly pbIn?: string;
  readonly pbItems?: boolean;
}

/** A type as the facts state it. `gvk` is `group/version/Kind`, or `*` when every group has it. */
export interface FactType {
  readonly gvk?: string;
  readonly fields?: Readonly<Record<string, FactField>>;
  readonly scalar?: string;
  readonly openapi?: string;
  readonly customJSON?: boolean;
  readonly mapType?: "atomic" | "granular";
  readonly unions?: readonly unknown[];
  readonly pbEmbedded?: Readonly<Record<string, number>>;
  readonly pbFields?: Readonly<Record<string, readonly [number, string]>>;
}

/** File of openapi/facts/types for each definition package whose file is not named by group and version alone. */
const FILES: Readonly<Record<string, string>> = {
  "io.k8s.api.admission.v1": "admission.k8s.io.v1",
  "io.k8s.api.admissionregistration.v1": "admissionregistration.k8s.io.v1",
  "io.k8s.api.apidiscovery.v2": "apidiscovery.k8s.io.v2",
  "io.k8s.api.apps.v1": "apps.v1",
  "io.k8s.api.authentication.v1": "authentication.k8s.io.v1",
  "io.k8s.api.authorization.v1": "authorization.k8s.io.v1",
  "io.k8s.api.autoscaling.v1": "autoscaling.v1",
  "io.k8s.api.autoscaling.v2": "autoscaling.v2",
  "io.k8s.api.batch.v1": "batch.v1",
  "io.k8s.api.certificates.v1": "certificates.k8s.io.v1",
  "io.k8s.api.coordination.v1": "coordination.k8s.io.v1",
  "io.k8s.api.core.v1": "core.v1",
  "io.k8s.api.discovery.v1": "discovery.k8s.io.v1",
  "io.k8s.api.events.v1": "events.k8s.io.v1",
  "io.k8s.api.flowcontrol.v1": "flowcontrol.apiserver.k8s.io.v1",
  "io.k8s.api.networking.v1": "networking.k8s.io.v1",
  "io.k8s.api.node.v1": "node.k8s.io.v1",
  "io.k8s.api.policy.v1": "policy.v1",
  "io.k8s.api.rbac.v1": "rbac.authorization.k8s.io.v1",
  "io.k8s.api.resource.v1": "resource.k8s.io.v1",
  "io.k8s.api.scheduling.v1": "scheduling.k8s.io.v1",
  "io.k8s.api.storage.v1": "storage.k8s.io.v1",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1": "apiextensions.k8s.io.v1",
  "io.k8s.apimachinery.pkg.api.resource": "apimachinery",
  "io.k8s.apimachinery.pkg.apis.meta.v1": "meta.k8s.io.v1",
  "io.k8s.apimachinery.pkg.runtime": "apimachinery",
  "io.k8s.apimachinery.pkg.util.intstr": "apimachinery",
  "io.k8s.apimachinery.pkg.version": "apimachinery",
  "io.k8s.apiserver.pkg.apis.audit.v1": "audit.k8s.io.v1",
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1": "apiregistration.k8s.io.v1",
};

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const SCALARS: Readonly<Record<string, SchemaType>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
  "io.k8s.apimachinery.pkg.runtime.RawExtension": "raw",
  [`${META}Time`]: "time",
  [`${META}MicroTime`]: "micro-time",
  [`${META}Duration`]: "duration",
  [`${META}FieldsV1`]: "fields-v1",
};
const LEAVES: Readonly<Record<string, Schema>> = {
  string: { type: "string" },
  int32: { type: "int32" },
  int64: { type: "int64" },
  double: { type: "double" },
  boolean: { type: "boolean" },
  bytes: { type: "bytes" },
  any: { type: "any" },
};

// A published build keeps the facts where the sources have them, beside the folder of built files.
const DIRECTORY =
  [join(import.meta.dirname, "facts"), join(import.meta.dirname, "..", "openapi", "facts")].find((path) =>
    existsSync(path),
  ) ?? join(import.meta.dirname, "facts");

/** Reads a JSON file of openapi/facts. @param name path below that folder, without `.json` */
export function readFacts(name: string): unknown {
  return JSON.parse(readFileSync(join(DIRECTORY, `${name}.json`), "utf8"));
}

const loaded = new Map<string, Readonly<Record<string, FactType>>>();
const schemas = new Map<string, Schema>();
const facts = new WeakMap<Schema, FactType>();
let definitionsByKind: Map<string, string> | undefined;

function load(file: string): Readonly<Record<string, FactType>> {
  let types = loaded.get(file);
  if (!types) {
    types = readFacts(`types/${file}`) as Readonly<Record<string, FactType>>; // our own file
    loaded.set(file, types);
  }
  return types;
}

/** The facts of a definition. @returns undefined when there is none of that name */
export function factsOf(definitionName: string): FactType | undefined {
  const file = FILES[definitionName.slice(0, definitionName.lastIndexOf("."))];
  return file === undefined ? undefined : load(file)[definitionName];
}

/** The protobuf details that Schema leaves out. @returns undefined for schemas that are not built-in objects */
export function factsOfSchema(schema: Schema): FactType | undefined {
  return facts.get(schema);
}

/** All definition names, file by file. Loads everything: for generators and tests. */
export function allDefinitions(): string[] {
  return [...new Set(Object.values(FILES))].flatMap((file) => Object.keys(load(file)));
}

/** A built-in type. @throws Error when there is none of that name (a mistake of the caller) */
export function schemaOf(definitionName: string): Schema {
  const known = schemas.get(definitionName);
  if (known) return known;
  const fact = factsOf(definitionName);
  if (!fact) throw new Error(`no built-in type ${definitionName}`);
  const schema = makeSchema(definitionName, fact);
  schemas.set(definitionName, schema);
  facts.set(schema, fact);
  return schema;
}

/**
 * The type of an object that carries apiVersion and kind: kinds, their lists, and what every group has (DeleteOptions,
 * WatchEvent, CreateOptions, Status, Table …). @returns undefined for custom resources and unknown kinds
 */
export function schemaForKind(group: string, version: string, kind: string): Schema | undefined {
  definitionsByKind ??= indexKinds();
  const name = definitionsByKind.get(`${group}/${version}/${kind}`);
  if (name) return schemaOf(name);
  const shared = load("meta.k8s.io.v1")[META + kind];
  const everywhere =
    shared !== undefined &&
    (shared.gvk === "*" || kind.endsWith("Options") || (group === "meta.k8s.io" && !shared.scalar));
  return everywhere ? schemaOf(META + kind) : undefined;
}

/** `group/version/Kind` of a definition, with `""` as the core group. @returns undefined for parts of kinds */
export function kindOf(definitionName: string): { group: string; version: string; kind: string } | undefined {
  const gvk = factsOf(definitionName)?.gvk;
  if (gvk === undefined || gvk === "*") return undefined;
  const [group = "", version = "", kind = ""] = gvk.split("/");
  return { group, version, kind };
}

function indexKinds(): Map<string, string> {
  const index = new Map<string, string>();
  for (const file of new Set(Object.values(FILES)))
    for (const [name, type] of Object.entries(load(file))) if (type.gvk && type.gvk !== "*") index.set(type.gvk, name);
  return index;
}

function makeSchema(name: string, fact: FactType): Schema {
  const scalar = SCALARS[name];
  if (scalar) return { type: scalar };
  // The unions of a CRD's schema (JSONSchemaPropsOrBool …) are any JSON here; decoding and encoding know them by name.
  if (fact.scalar || fact.customJSON) return { type: "any", name };
  let fields: ReadonlyMap<string, Field> | undefined;
  return {
    type: "object",
    name,
    ...(fact.mapType && { mapType: fact.mapType }),
    get fields() {
      fields ??= new Map(Object.entries(fact.fields ?? {}).map(([key, field]) => [key, makeField(key, field)]));
      return fields;
    },
  };
}

function makeField(name: string, fact: FactField): Field {
  const patchStrategy = fact.patchStrategy ?? fact.goPatchStrategy;
  const patchMergeKey = fact.patchMergeKey ?? fact.goPatchMergeKey;
  return {
    name,
    schema: typeSchema(fact.type, fact),
    pointer: fact.ptr ?? false,
    always: fact.always ?? false,
    ...(fact.keepsEmpty && { keepsEmpty: true }),
    required: fact.required ?? false,
    ...(fact.unset !== undefined && { unset: fact.unset }),
    ...(fact.default !== undefined && { default: fact.default }),
    ...(fact.enum && { enum: fact.enum }),
    ...(patchStrategy && { patchStrategy }),
    ...(patchMergeKey && { patchMergeKey }),
    ...(fact.pb !== undefined && { pb: fact.pb }),
  };
}

/** Schema of a type as the facts write it: `string`, `[]T`, `map[string]T` or a definition name. */
function typeSchema(type: string, field: Partial<FactField>): Schema {
  if (type.startsWith("[]")) {
    return {
      type: "list",
      items: typeSchema(type.slice(2), {}),
      ...(field.listType && { listType: field.listType }),
      ...(field.listMapKeys && { listMapKeys: field.listMapKeys }),
    };
  }
  if (type.startsWith("map[string]")) {
    const items = typeSchema(type.slice("map[string]".length), {});
    return { type: "map", items, ...(field.mapType && { mapType: field.mapType }) };
  }
  const leaf = LEAVES[type];
  if (leaf) return leaf;
  const schema = schemaOf(type);
  if (!field.mapType || field.mapType === schema.mapType) return schema;
  return withMapType(schema, field.mapType);
}

/** The same type, owned otherwise in this place (spec.claimRef of a PersistentVolume). */
function withMapType(schema: Schema, mapType: "atomic" | "granular"): Schema {
  const copy: Schema = Object.create(schema, { mapType: { value: mapType, enumerable: true } });
  const fact = facts.get(schema);
  if (fact) facts.set(copy, fact);
  return copy;
}
