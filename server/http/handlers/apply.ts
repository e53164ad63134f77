import { convert } from "../../../openapi/decode.ts";
import { NumberText } from "../../../openapi/exact-json.ts";
import { DecodeError } from "../../../openapi/json-tree.ts";
import { badRequest, conflict, StatusError } from "../../meta/errors.ts";
import { applyPatch } from "../../meta/managed-fields/apply-patch.ts";
import { type Members, setMember } from "../../meta/members.ts";
import type { KubeObject, ObjectMeta, UnstructuredObject } from "../../meta/object.ts";
import type { Kind } from "../../registry/kind.ts";
import { apiVersionOf, type Expected } from "../object-kind.ts";
import { parseYaml } from "../parse-yaml.ts";
import type { WriteOptions } from "../write-options.ts";
import { managementOf } from "./field-management.ts";
import { asConverter } from "./patch-mechanism.ts";
import {
  authorizeCreate,
  checkName,
  expectedOf,
  fromStorage,
  type HandlerScope,
  type ResourceRequest,
  toStorage,
} from "./request.ts";

/**
 * The update of a server-side apply: merges the configuration into whatever is there by then, or creates it.
 * (handlers/patch.go applyPatcher)
 * @throws StatusError 400, 409
 */
export function applyFor(request: ResourceRequest, body: Uint8Array, options: WriteOptions, scope: HandlerScope) {
  const { kind, subresource } = request;
  const expected = expectedOf(request);
  const other = subresource?.definition.write !== undefined;
  const management = managementOf(kind, subresource?.name ?? "", expected);
  const { config, duplicates } = readConfig(body);
  const { fieldValidation, fieldManager: manager, force } = options;
  let warned = false;
  return async (current: KubeObject | undefined): Promise<KubeObject> => {
    if (!current) await authorizeCreate(request);
    const live = current && (other ? current : fromStorage(kind, current));
    const merged = applyPatch(management, live, config, { manager, force, now: scope.now });
    if (duplicates.length > 0 && fieldValidation === "Strict") {
      const texts = duplicates.map((text) => `\n  ${text}`).join("");
      throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:${texts}`);
    }
    if (!warned && fieldValidation === "Warn") for (const text of duplicates) scope.warn(text);
    warned = true;
    const object = typed(merged, config, expected);
    expected.customResource?.coerce(object, false, { keepsNulls: true });
    const { uid } = object.metadata ?? {};
    if (uid && !current) {
      const text = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict({ group: kind.group, resource: kind.plural }, request.name, text);
    }
    checkName(request, object);
    return other ? object : appliedToStorage(kind, object, config);
  };
}

function appliedToStorage(kind: Kind, object: KubeObject, config: Readonly<Members>): KubeObject {
  try {
    return toStorage(kind, object);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new StatusError(500, "", `failed to convert to unversioned (${describe(config, kind)}): ${error.message}`);
  }
}

/** As upstream prints an object that it cannot convert. */
function describe(config: Readonly<Members>, { group, version, kind }: Pick<Expected, "group" | "version" | "kind">) {
  const { name = "", namespace = "" } = (config.metadata ?? {}) as ObjectMeta; // checked when it was merged
  return `${namespace}/${name}; ${typeName({ group, version, kind })}`;
}

function typeName({ group, version, kind }: Pick<Expected, "group" | "version" | "kind">): string {
  return `${apiVersionOf({ group, version }).replace(/^(?!.*\/)/, "/")}, Kind=${kind}`;
}

/** Fields that fit their schema may still be no time, no quantity, no base64. @throws StatusError 500 without reason */
function typed(merged: unknown, config: Readonly<Members>, expected: Expected): KubeObject {
  try {
    return convert<UnstructuredObject>(merged, expected.schema, "Ignore").value as KubeObject;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const why = `unable to convert unstructured object to ${typeName(expected)}: ${asConverter(error.message)}`;
    throw new StatusError(
      500,
      "",
      `failed to convert new object (${describe(config, expected)}) to proper version: ${why}`,
    );
  }
}

function readConfig(body: Uint8Array): { config: Record<string, unknown>; duplicates: readonly string[] } {
  let parsed: ReturnType<typeof parseYaml>;
  try {
    parsed = parseYaml(body);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${text}`);
  }
  const { value, duplicates } = parsed;
  if (value === null || value === undefined) return { config: {}, duplicates };
  if (typeof value !== "object" || Array.isArray(value)) {
    const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  return { config: (hasLongNumber(body) ? plainNumbers(value) : value) as Record<string, unknown>, duplicates }; // parsed from YAML: an object
}

/** Whether there may be an integer beyond an int64 at all: nearly no body has so many digits in a row. */
const hasLongNumber = (body: Uint8Array) => /[0-9]{19}/.test(Buffer.from(body).toString("latin1"));

/** Merging knows int64 and float64 alone: what fits an uint64 and no int64 is the latter. */
function plainNumbers(value: unknown, seen = new Set<unknown>()): unknown {
  if (value instanceof NumberText) return Number(value.text);
  // Aliases lead to the same object again, even to one that they are inside of.
  if (typeof value !== "object" || value === null || seen.has(value)) return value;
  seen.add(value);
  if (Array.isArray(value)) return value.map((item) => plainNumbers(item, seen));
  for (const [key, member] of Object.entries(value)) setMember(value as Members, key, plainNumbers(member, seen));
  return value;
}
