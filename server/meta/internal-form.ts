import { orEmpty } from "../../openapi/given-empty.ts";
import { readFacts } from "../../openapi/types.ts";
import { semanticEqual } from "./equality.ts";
import { type FieldError, fieldInvalid } from "./field-error.ts";
import { unifiedDiff } from "./unified-diff.ts";

type Members = Readonly<Record<string, unknown>>;

/** Fields of a type in Go's order: `Name json type`, or `= Type` for one whose fields stand among them. */
type Fields = readonly string[];

let types: Readonly<Record<string, Fields>> | undefined;

/**
 * A value of a built-in type as upstream's validation sees it, in its internal types, which have no JSON names: so messages show
 * it, `{"Name":"c","Image":"i","Command":null,…}`. (types.go of pkg/apis)
 * @param type `PodSpec`, `ObjectReference`, …; with `?` in front of it absent values are null
 */
export function internalForm(type: string, value: unknown): unknown {
  if (type.startsWith("?")) return value === undefined || value === null ? null : internalForm(type.slice(1), value);
  if (type.startsWith("[]")) {
    return Array.isArray(value) ? value.map((item) => internalForm(type.slice(2), item)) : null;
  }
  if (type.startsWith("{}")) return value ? mapForm(type.slice(2), value as Members) : null; // a map, as its type says
  switch (type) {
    case "any":
      return value ?? null;
    case "string":
      return value ?? "";
    case "int":
    case "intstr":
      return value ?? 0;
    case "bool":
      return value ?? false;
    case "quantity":
      return value ?? "0";
    case "bytes":
    case "time":
      return value ?? null;
    case "json":
      return withSortedMaps((value ?? {}) as Members);
    case "map":
      return value === undefined || value === null ? null : sorted(value as Members);
  }
  return Object.fromEntries(fieldsOf(type, membersOf(type, value)));
}

/** An object that may not change. (apimachinery/pkg/api/validation ValidateImmutableField) */
export function immutable(type: string, [value, old]: readonly [unknown, unknown], field: string): FieldError[] {
  return semanticEqual(value, old) ? [] : [fieldInvalid(field, internalForm(type, value), "field is immutable")];
}

/** What differs, as upstream tells people. (apimachinery/pkg/util/diff) */
export function internalDiff(type: string, before: unknown, after: unknown): string {
  return unifiedDiff(pretty(internalForm(type, before)), pretty(internalForm(type, after)));
}

function fieldsOf(type: string, value: Members): [string, unknown][] {
  types ??= readFacts("internal-types") as Readonly<Record<string, Fields>>; // our own file
  const fields = types[type];
  if (!fields) throw new Error(`no internal type ${type}`);
  return fields.flatMap((field): [string, unknown][] => {
    const [name = "", json = "", kind = ""] = field.split(" ");
    if (name !== "=") return [[name, internalForm(kind, orEmpty(value, json))]];
    if (json !== "metadata") return fieldsOf(json, value);
    return metadataFields((value.metadata ?? {}) as Members);
  });
}

function mapForm(type: string, members: Members): Members {
  return sorted(Object.fromEntries(Object.entries(members).map(([key, item]) => [key, internalForm(type, item)])));
}

/** Types that are one of two things on the wire, and a struct of both inside. */
const EITHER: Readonly<Record<string, (value: unknown) => Members>> = {
  "apiextensions.JSONSchemaPropsOrArray": (value) =>
    Array.isArray(value) ? { jsonSchemas: value } : { schema: value },
  "apiextensions.JSONSchemaPropsOrBool": (value) =>
    typeof value === "boolean" ? { allows: value } : { allows: true, schema: value },
  "apiextensions.JSONSchemaPropsOrStringArray": (value) =>
    Array.isArray(value) ? { property: value } : { schema: value },
};

/** What version 1 has elsewhere. */
function membersOf(type: string, value: unknown): Members {
  const either = EITHER[type];
  if (either) return either(value);
  const members = (value ?? {}) as Members; // the type names an object
  if (type !== "PodSpec") return members;
  const { securityContext, hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = members;
  const shared = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers };
  return { ...members, securityContext: { ...(securityContext as Members | undefined), ...shared } };
}

const sorted = (members: Members) =>
  Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

/** Members of metadata that a template may have, in Go's order. (apimachinery/pkg/apis/meta/v1 ObjectMeta) */
const METADATA = [
  ...["name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp"],
  ...["deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers"],
  "managedFields",
];

function metadataFields(metadata: Members): [string, unknown][] {
  const entries = Object.entries(withSortedMaps(metadata));
  return entries.sort(([a], [b]) => METADATA.indexOf(a) - METADATA.indexOf(b));
}

/** Of what has JSON names in Go, too: its maps are printed in order of their keys, a selector's terms in Go's order. */
function withSortedMaps({ matchLabels, matchExpressions, ...members }: Members): Members {
  const maps = ["labels", "annotations"].filter((name) => members[name]);
  return {
    ...members,
    ...Object.fromEntries(maps.map((name) => [name, sorted(members[name] as Members)])),
    ...(matchLabels ? { matchLabels: sorted(matchLabels as Members) } : {}),
    ...(Array.isArray(matchExpressions) && {
      matchExpressions: matchExpressions.map(({ key, operator, values }) => ({ key, operator, values })),
    }),
  };
}

/** Go's MarshalIndent. */
function pretty(value: unknown): string {
  const quoted = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, null, 1).replace(/[<>&\u2028\u2029]/g, quoted);
}
