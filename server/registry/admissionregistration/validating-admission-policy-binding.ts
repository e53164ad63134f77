import type { ValidatingAdmissionPolicyBinding } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { oneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldDuplicate, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration } from "../subresources.ts";
import { authorizeParamRef } from "./param-access.ts";
import {
  defaultMatchResources,
  validateMatchResources,
  validateParamRef,
  validatePolicyName,
} from "./policy-validation.ts";
import { warningsForName } from "./static-names.ts";

const ACTIONS = ["Audit", "Deny", "Warn"];

/**
 * ValidatingAdmissionPolicyBinding, admissionregistration.k8s.io/v1. Follows pkg/registry/admissionregistration and
 * pkg/apis/admissionregistration/{v1,validation}.
 */
export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  allowUnconditionalUpdate: false,
  defaults: ({ spec }) => defaultMatchResources(spec.matchResources),
  async authorizeWrite(object, old, context) {
    const { paramRef, policyName = "" } = object.spec;
    if (old && semanticEqual(paramRef, old.spec.paramRef) && policyName === old.spec.policyName) return;
    const names = { kind: "ValidatingAdmissionPolicyBinding", policies: "validatingadmissionpolicies" };
    await authorizeParamRef(object, { ...names, policyName, paramRef }, context);
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  prepareForUpdate: bumpGeneration,
  validate,
  updateChecks: ["whole", "own"],
  validateUpdate: validate,
  warnings: warningsForName,
});

function validate({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  const { policyName, paramRef, matchResources, validationActions = [] } = spec;
  return [
    ...validatePolicyName(policyName),
    ...validateParamRef(paramRef),
    ...(matchResources ? validateMatchResources(matchResources, "spec.matchResources") : []),
    ...validateActions(validationActions),
  ];
}

function validateActions(actions: readonly string[]): FieldError[] {
  const field = "spec.validationActions";
  const errors = actions.flatMap((action, index) => [
    ...oneOf(action, ACTIONS, `${field}[${index}]`),
    ...(actions.indexOf(action) < index ? [fieldDuplicate(`${field}[${index}]`, action)] : []),
  ]);
  if (actions.includes("Deny") && actions.includes("Warn")) {
    const detail =
      "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
    errors.push(fieldInvalid(field, actions, detail));
  }
  if (actions.length === 0) errors.push(fieldRequired(field, "at least one validation action is required"));
  return errors;
}
