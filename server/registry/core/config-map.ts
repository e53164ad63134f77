import type { ConfigMap } from "../../../openapi/api/core.v1.ts";
import { orEmpty } from "../../../openapi/given-empty.ts";
import { exactEqual } from "../../meta/equality.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldTooLong } from "../../meta/field-error.ts";
import { validateConfigMapKey } from "../../meta/names.ts";
import { defineKind } from "../kind.ts";
import { base64Length, MAX_DATA_BYTES } from "./data-size.ts";

/** ConfigMap, v1. Follows pkg/registry/core/configmap and pkg/apis/core/validation. */
export const configMap = defineKind<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  validate,
  updateChecks: ["changes", "whole", "own"],
  validateUpdate: (object, old) => [...validateImmutable(object, old), ...validate(object)],
});

function validate({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...validateKey("data", key));
    if (Object.hasOwn(binaryData, key)) {
      errors.push(fieldInvalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    }
    bytes += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...validateKey("binaryData", key));
    bytes += base64Length(value);
  }
  // The object as a whole: an empty path, which upstream prints so.
  if (bytes > MAX_DATA_BYTES) errors.push(fieldTooLong("[]", MAX_DATA_BYTES));
  return errors;
}

function validateKey(field: string, key: string): FieldError[] {
  return validateConfigMapKey(key).map((message) => fieldInvalid(`${field}[${key}]`, key, message));
}

function validateImmutable(object: ConfigMap, old: ConfigMap): FieldError[] {
  if (!old.immutable) return [];
  const fixed = "field is immutable when `immutable` is set";
  return [
    ...(object.immutable ? [] : [fieldForbidden("immutable", fixed)]),
    ...(exactEqual(orEmpty(object, "data"), old.data) ? [] : [fieldForbidden("data", fixed)]),
    ...(exactEqual(orEmpty(object, "binaryData"), old.binaryData) ? [] : [fieldForbidden("binaryData", fixed)]),
  ];
}
