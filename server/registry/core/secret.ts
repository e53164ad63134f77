import type { Secret } from "../../../openapi/api/core.v1.ts";
import { orEmpty } from "../../../openapi/given-empty.ts";
import { DecodeError, parseTree } from "../../../openapi/json-tree.ts";
import { exactEqual } from "../../meta/equality.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired, fieldTooLong } from "../../meta/field-error.ts";
import { validateConfigMapKey } from "../../meta/names.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { defineKind } from "../kind.ts";
import { base64Length, MAX_DATA_BYTES } from "./data-size.ts";
import { tlsKeyPairProblem } from "./tls-key-pair.ts";

const SERVICE_ACCOUNT_NAME = "kubernetes.io/service-account.name";

/** Secret, v1. Follows pkg/registry/core/secret and pkg/apis/core/{v1,validation}. */
export const secret = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  defaults(object) {
    mergeStringData(object);
    object.type ||= "Opaque";
  },
  prepareForUpdate(object, old) {
    object.type ||= old.type;
  },
  validate,
  updateChecks: ["changes", "whole", "own"],
  validateUpdate: (object, old) => [
    ...validateImmutable(object.type ?? "", old.type ?? "", "type"),
    ...validateImmutableData(object, old),
    ...validate(object),
  ],
  warnings: ({ type, data = {} }) => {
    const problem = type === "kubernetes.io/tls" ? tlsKeyPairProblem(data["tls.crt"] ?? "", data["tls.key"] ?? "") : "";
    return problem ? [problem] : [];
  },
  selectableFields: ({ type }) => ({ type: type ?? "" }),
});

/** Write-only texts become data. (Convert_v1_Secret_To_core_Secret) */
function mergeStringData(object: Secret): void {
  if (!object.stringData) return;
  const entries = Object.entries(object.stringData);
  if (entries.length > 0) object.data ??= {};
  for (const [key, value] of entries) object.data![key] = Buffer.from(value).toString("base64");
  delete object.stringData;
}

function validate({ data = {}, type = "", metadata }: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...validateConfigMapKey(key).map((message) => fieldInvalid(`data[${key}]`, key, message)));
    bytes += base64Length(value);
  }
  if (bytes > MAX_DATA_BYTES) errors.push(fieldTooLong("data", MAX_DATA_BYTES));
  const missing = (...keys: string[]) => keys.map((key) => fieldRequired(`data[${key}]`, ""));
  switch (type) {
    case "kubernetes.io/service-account-token":
      if (!metadata.annotations?.[SERVICE_ACCOUNT_NAME]) {
        errors.push(fieldRequired(`metadata.annotations[${SERVICE_ACCOUNT_NAME}]`, ""));
      }
      break;
    case "kubernetes.io/dockercfg":
      errors.push(...validateJson(data, ".dockercfg"));
      break;
    case "kubernetes.io/dockerconfigjson":
      errors.push(...validateJson(data, ".dockerconfigjson"));
      break;
    case "kubernetes.io/basic-auth":
      if (data.username === undefined && data.password === undefined) errors.push(...missing("username", "password"));
      break;
    case "kubernetes.io/ssh-auth":
      if (!data["ssh-privatekey"]) errors.push(...missing("ssh-privatekey"));
      break;
    case "kubernetes.io/tls":
      errors.push(...missing(...["tls.crt", "tls.key"].filter((key) => data[key] === undefined)));
  }
  return errors;
}

function validateJson(data: Readonly<Record<string, string>>, key: string): FieldError[] {
  const value = data[key];
  const field = `data[${key}]`;
  if (value === undefined) return [fieldRequired(field, "")];
  const problem = jsonObjectProblem(Buffer.from(value, "base64"));
  return problem ? [fieldInvalid(field, "<secret contents redacted>", problem)] : [];
}

/** What encoding/json says of a text that is no object. */
function jsonObjectProblem(bytes: Uint8Array): string {
  try {
    parseTree(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  const value: unknown = JSON.parse(Buffer.from(bytes).toString());
  if (value === null || (typeof value === "object" && !Array.isArray(value))) return "";
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
}

function validateImmutableData(object: Secret, old: Secret): FieldError[] {
  if (!old.immutable) return [];
  const fixed = "field is immutable when `immutable` is set";
  return [
    ...(object.immutable ? [] : [fieldForbidden("immutable", fixed)]),
    ...(exactEqual(orEmpty(object, "data"), old.data) ? [] : [fieldForbidden("data", fixed)]),
  ];
}
