import type { Mutation } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { parseJson } from "../../../openapi/exact-json.ts";
import { schemaForKind } from "../../../openapi/types.ts";
import { JSON_PATCH_TYPE, OBJECT_TYPE } from "../../cel/library/patch.ts";
import { toJson } from "../../cel/to-json.ts";
import { listOf } from "../../cel/types.ts";
import { CelError, CelMap, isList, Struct, type Value } from "../../cel/values.ts";
import { internalError, serviceUnavailable } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { applyJsonPatch } from "../../meta/json-patch/apply.ts";
import type { JsonPatchOperation } from "../../meta/json-patch/operation.ts";
import { type Atom, atomOf, isObject } from "../../meta/managed-fields/atom.ts";
import { merge } from "../../meta/managed-fields/merge.ts";
import { validateTyped } from "../../meta/managed-fields/validate.ts";
import type { Members } from "../../meta/members.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Kind } from "../../registry/kind.ts";
import type { Scope } from "../cel/declarations.ts";
import { type Bindings, evaluateAll } from "../cel/evaluation.ts";
import { compileExpression, type Expression } from "../cel/expression.ts";
import type { KindVersion, VersionedObject } from "../webhook/versions.ts";
import { findNullValues } from "./null-values.ts";
import { POLICY_BUDGET } from "./validator.ts";

/** What a mutation is applied to. */
export interface PatchTarget {
  /** In the version of the policy. */
  readonly object: KubeObject;
  readonly bindings: Bindings;
  readonly kind: KindVersion;
  readonly served: readonly Kind[];
  readonly versioned: VersionedObject;
}

/** @returns the object afterwards, in the version inside. @throws Error for failurePolicy, StatusError for the client */
export type Patcher = (target: PatchTarget) => Promise<KubeObject>;

/** (plugin/policy/mutating/patch) */
export function compilePatcher(
  { patchType, jsonPatch, applyConfiguration }: Readonly<Mutation>,
  scope: Scope,
  variables: ReadonlyMap<string, Expression>,
): Patcher {
  const isJsonPatch = patchType === "JSONPatch";
  const source = (isJsonPatch ? jsonPatch : applyConfiguration)?.expression ?? "";
  const result = isJsonPatch ? listOf(JSON_PATCH_TYPE) : OBJECT_TYPE;
  const expression = compileExpression(source, [result], { ...scope, hasPatchTypes: true });
  return async (target) => {
    if (!expression.program) throw new Error(expression.error);
    const { evaluations } = await evaluateAll([expression], target.bindings, { variables, budget: POLICY_BUDGET });
    const [evaluation] = evaluations;
    if (!evaluation || "error" in evaluation) throw new Error(evaluation?.error);
    return isJsonPatch ? patchJson(evaluation.value, target) : applyObject(evaluation.value, target);
  };
}

function patchJson(value: Value, { object, versioned }: PatchTarget): KubeObject {
  const operations = isList(value) ? value.map(operationOf) : [];
  const sent = parseJson(versioned.encode(object)) as Members; // encoded here
  let patched: unknown;
  try {
    patched = applyJsonPatch(sent, operations);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // A failed test says that nothing is to be done.
    if (error.message.endsWith(": test failed")) return versioned.toStorage(object);
    throw new Error(`JSON Patch: ${error.message}`);
  }
  try {
    return versioned.toStorage(patched, (problems) => {
      throw new Error(`strict decoding error: ${problems.join(", ")}`);
    });
  } catch (error) {
    throw internalError(error instanceof Error ? error.message : String(error));
  }
}

function operationOf(value: Value): JsonPatchOperation {
  if (!(value instanceof Struct)) throw new Error("type mismatch: JSONPatchType.expression should evaluate to array");
  const { op = "", path = "", from, value: content } = Object.fromEntries(value.fields);
  if (content !== undefined) checkNames(content);
  return {
    op: String(op),
    path: String(path),
    ...(from ? { from: String(from) } : {}),
    ...(content !== undefined && { value: json(content) }),
  };
}

function json(value: Value): unknown {
  try {
    return toJson(value);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new Error(`JSONPath valueExpression evaluated to a type that could not marshal to JSON: ${error.message}`);
  }
}

/** `Object.spec` may only stand in `spec` of an `Object`. (cel/mutation/dynamic CheckTypeNamesMatchFieldPathNames) */
function checkNames(value: Value): void {
  const errors = value instanceof Struct ? wrongNames(value, value.typeName) : [];
  if (errors.length > 0) throw new Error(`type mismatch: ${errors.join("\n")}`);
}

function wrongNames(value: Value, path: string): string[] {
  if (isList(value)) return value.flatMap((element) => wrongNames(element, path));
  if (value instanceof CelMap) return [...value.entries()].flatMap((entry) => wrongNames(entry.value, path));
  if (!(value instanceof Struct)) return [];
  const { typeName, fields } = value;
  const expected = `expected ${goQuote(path)}, which matches field name path from root Object type`;
  return [
    ...(typeName === path ? [] : [`unexpected type name ${goQuote(typeName)}, ${expected}`]),
    ...[...fields].flatMap(([name, field]) => wrongNames(field, `${path}.${name}`)),
  ];
}

function applyObject(value: Value, { object, kind, served, versioned }: PatchTarget): KubeObject {
  checkNames(value);
  const atom = atomFor(kind, served);
  // Only objects are of the type that the expression was checked to have.
  const config = { ...(toJson(value) as object), apiVersion: object.apiVersion, kind: object.kind };
  const failing = <T>(what: string, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      throw new Error(`error applying patch: ${what}: ${error instanceof Error ? error.message : error}`);
    }
  };
  failing("failed to convert patch object to typed object", () => {
    const [wrong] = findNullValues(atom, config);
    if (wrong) throw new Error(wrong);
    validateTyped(atom, config, false);
  });
  const atomics = findAtomics(atom, config, "");
  if (atomics.length > 0) {
    const what = `may not mutate atomic arrays, maps or structs: ${atomics.join(", ")}`;
    throw new Error(`error applying patch: invalid ApplyConfiguration: ${what}`);
  }
  failing("failed to convert original object to typed object", () => validateTyped(atom, object, true));
  return versioned.toStorage(merge(atom, object, config));
}

function atomFor({ group, version, kind }: KindVersion, served: readonly Kind[]): Atom {
  const own = served.find((each) => each.group === group && each.version === version && each.kind === kind);
  const schema = own?.schema ?? schemaForKind(group, version, kind);
  if (schema) return atomOf(schema);
  const delay = "There can be a delay between when CustomResourceDefinitions are created and when they are available.";
  throw serviceUnavailable(`Resource kind ${group}/${version}, Kind=${kind} not found. ${delay}`);
}

/** Parts that would be replaced as a whole, where the author may have meant to change one field. */
function findAtomics(atom: Atom, value: unknown, path: string): string[] {
  if (Array.isArray(value) && atom.list) {
    const { list } = atom;
    return [
      ...(list.atomic ? [path] : []),
      ...value.flatMap((item, index) => findAtomics(list.items, item, `${path}[${index}]`)),
    ];
  }
  if (!isObject(value) || !atom.map) return [];
  const { map } = atom;
  return [
    ...(map.atomic ? [path] : []),
    ...Object.entries(value).flatMap(([key, member]) => {
      const below = map.members.get(key)?.atom;
      return below ? findAtomics(below, member, `${path}.${key}`) : [];
    }),
  ];
}
