import type { MutatingAdmissionPolicyBinding } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import type { FieldError } from "../../meta/field-error.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration } from "../subresources.ts";
import { authorizeParamRef } from "./param-access.ts";
import {
  defaultMatchResources,
  validateMatchResources,
  validateMutatingOperations,
  validateParamRef,
  validatePolicyName,
} from "./policy-validation.ts";
import { warningsForName } from "./static-names.ts";

/**
 * MutatingAdmissionPolicyBinding, admissionregistration.k8s.io/v1. Follows pkg/registry/admissionregistration and
 * pkg/apis/admissionregistration/{v1,validation}.
 */
export const mutatingAdmissionPolicyBinding = defineKind<MutatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicyBinding",
  allowUnconditionalUpdate: false,
  defaults: ({ spec }) => defaultMatchResources(spec.matchResources),
  async authorizeWrite(object, old, context) {
    const { paramRef, policyName = "" } = object.spec;
    if (old && semanticEqual(paramRef, old.spec.paramRef) && policyName === old.spec.policyName) return;
    const names = { kind: "MutatingAdmissionPolicyBinding", policies: "mutatingadmissionpolicies" };
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

function validate({ spec }: MutatingAdmissionPolicyBinding): FieldError[] {
  const { policyName, paramRef, matchResources } = spec;
  return [
    ...validatePolicyName(policyName),
    ...validateParamRef(paramRef),
    ...(matchResources ? validateMatchResources(matchResources, "spec.matchResources") : []),
    ...validateMutatingOperations(matchResources, "spec.matchResources"),
  ];
}
