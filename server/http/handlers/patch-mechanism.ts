import type { FieldValidation } from "../../../openapi/decode.ts";
import { encodeAny, encodeJson, encodeSorted } from "../../../openapi/encode.ts";
import { NumberText, numberOf, numberText, parseJson } from "../../../openapi/exact-json.ts";
import { DecodeError, type Node, parseTree, plainValue } from "../../../openapi/json-tree.ts";
import type { Schema } from "../../../openapi/schema.ts";
import { badRequest } from "../../meta/errors.ts";
import { goValue } from "../../meta/go-value.ts";
import { applyJsonPatch } from "../../meta/json-patch/apply.ts";
import { JsonPatchError } from "../../meta/json-patch/operation.ts";
import { jsonPatchFailure, parseJsonPatch } from "../../meta/json-patch/parse.ts";
import { isMembers, jsonTypeName } from "../../meta/members.ts";
import { mergePatch, validateMergePatch } from "../../meta/merge-patch.ts";
import type { KubeObject } from "../../meta/object.ts";
import { strategicMergePatch } from "../../meta/strategic-merge-patch.ts";
import type { WriteOptions } from "../write-options.ts";

export type PatchType = "json" | "merge" | "strategic";

/** What a patch made of an object, not yet decoded. */
export interface Patched {
  readonly value: unknown;
  /** As errors quote it. */
  shown(): string;
  /** The decoder's complaint in the words of what upstream decodes this with. */
  explain?(message: string): string;
}

/** A patch, read and checked, that can be applied any number of times. */
export interface Mechanism {
  readonly validation: FieldValidation;
  /** What is wrong with the patch itself: duplicate fields. */
  readonly problems: readonly string[];
  apply(current: KubeObject, schema: Schema): Patched;
}

/** @throws StatusError 400, 413 */
export function mechanismFor(type: PatchType, body: Uint8Array, { fieldValidation }: WriteOptions): Mechanism {
  const validation = fieldValidation;
  const strict = validation !== "Ignore";
  const tree = read(body, type === "strategic" ? "" : "error decoding patch: ");
  const parsed = plainValue(tree, numberReader(type, strict));
  const duplicates = strict ? duplicateFields(tree, "") : [];
  if (type === "json") {
    const { operations, problems } = parseJsonPatch(parsed, strict);
    return {
      validation,
      problems: [...duplicates.map((text) => `json patch ${text}`), ...problems],
      apply: (current, schema) => asText(current, schema, (object) => applyOperations(object, operations)),
    };
  }
  if (type === "merge") {
    validateMergePatch(parsed, strict);
    return {
      validation,
      problems: duplicates,
      apply: (current, schema) => asText(current, schema, (object) => mergePatch({ ...object }, parsed)),
    };
  }
  const patch = parsed ?? {};
  if (!isMembers(patch)) {
    const message = `json: cannot unmarshal ${jsonTypeName(patch)} into Go value of type map[string]interface {}`;
    throw badRequest(message);
  }
  return {
    validation,
    problems: duplicates,
    apply: (current, schema) => ({
      value: strategicMergePatch({ ...current }, patch, schema),
      shown: () => goValue(patch),
      explain: asConverter,
    }),
  };
}

/**
 * Strategic merges know numbers as int64 and float64, the others keep them as written; whoever looks for duplicate
 * fields finds out first which are too large. @throws StatusError 400
 */
function numberReader(type: PatchType, strict: boolean): (text: string) => number | bigint | NumberText {
  const prefix = type === "strategic" ? "" : "error decoding patch: ";
  return (text) => {
    const value = numberOf(text);
    if (!Number.isFinite(Number(value)) && (strict || type === "strategic")) {
      const place = type === "json" ? "Go struct field jsonPatchOp.value" : "Go value";
      throw badRequest(`${prefix}json: cannot unmarshal number ${text} into ${place} of type float64`);
    }
    return type === "strategic" || numberText(value) === text ? value : new NumberText(text);
  };
}

function read(body: Uint8Array, prefix: string): Node {
  try {
    return parseTree(body);
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(prefix + error.message);
    throw error;
  }
}

function applyOperations(current: KubeObject, operations: Parameters<typeof applyJsonPatch>[1]): unknown {
  try {
    return applyJsonPatch({ ...current }, operations);
  } catch (error) {
    if (error instanceof JsonPatchError) throw jsonPatchFailure(error);
    throw error;
  }
}

/** Errors show the whole result as text, with what the patch left alone in the order of the type. */
function asText(current: KubeObject, schema: Schema, patch: (object: KubeObject) => unknown): Patched {
  return {
    value: patch(current),
    shown: () =>
      schema.name
        ? encodeAny(patch(parseJson(encodeJson(current, schema)) as KubeObject))
        : encodeSorted(patch(current)),
  };
}

/** Members that a JSON text names twice, in order of appearance. */
function duplicateFields(node: Node, path: string): string[] {
  if (node.kind === "array") return node.items.flatMap((item, i) => duplicateFields(item, `${path}[${i}]`));
  if (node.kind !== "object") return [];
  const seen = new Set<string>();
  return node.entries.flatMap(([key, member]) => {
    const at = path ? `${path}.${key}` : key;
    const found = seen.has(key) ? [`duplicate field ${JSON.stringify(at)}`] : [];
    seen.add(key);
    return [...found, ...duplicateFields(member, at)];
  });
}

const GO_KINDS: ReadonlyMap<string, string> = new Map(
  Object.entries({ object: "map", array: "slice", number: "int64" }),
);
const GO_TYPES: Readonly<Record<string, string>> = {
  object: "map[string]interface {}",
  array: "[]interface {}",
  number: "int64",
};

/** Strategic merges are not decoded from JSON but converted from maps, which has errors of its own. (runtime/converter.go) */
export function asConverter(message: string): string {
  if (message.startsWith("illegal base64 data")) return `error decoding from json: ${message}`;
  const match = /^json: cannot unmarshal (\w+)(?: (\S+))? into Go .* of type (\S+)$/.exec(message);
  if (!match) return message;
  const [, from = "", value = "", to = ""] = match;
  const kind = GO_KINDS.get(from) ?? from;
  if (to.startsWith("[]")) return `cannot restore slice from ${kind}`;
  if (to.startsWith("map[")) return `cannot restore map from ${kind}`;
  if (to.includes(".")) return `cannot restore struct from: ${kind}`;
  // Go converts numbers alone, to other numbers and to text.
  if (from !== "number" || to === "bool") return `unrecognized type: ${to}`;
  if (value && typeof numberOf(value) === "number" && !Number.isSafeInteger(Number(value))) {
    return `cannot convert float64 to ${to}`;
  }
  return `cannot convert ${GO_TYPES[from] ?? from} to ${to}`;
}
