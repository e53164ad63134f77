import type { IngressClass } from "../../../openapi/api/networking.k8s.io.v1.ts";
import { validateDomainPrefixedPath } from "../../meta/domain-names.ts";
import { dnsLabel, oneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldRequired, fieldTooLong } from "../../meta/field-error.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration } from "../subresources.ts";
import { validateReference } from "./ingress-validation.ts";

const SCOPES = ["Cluster", "Namespace"];
const MAX_CONTROLLER = 250;

/** IngressClass, networking.k8s.io/v1. Follows pkg/registry/networking/ingressclass and pkg/apis/networking/validation. */
export const ingressClass = defineKind<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  defaults({ spec }) {
    if (spec.parameters) spec.parameters.scope ??= "Cluster";
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  prepareForUpdate: bumpGeneration,
  validate,
  updateChecks: ["changes", "own", "whole", "validate"],
  validateUpdate: (object, old) =>
    validateImmutable(object.spec.controller ?? "", old.spec.controller ?? "", "spec.controller"),
});

function validate({ spec }: IngressClass): FieldError[] {
  const { controller = "", parameters } = spec;
  return [
    ...(controller.length > MAX_CONTROLLER ? [fieldTooLong("spec.controller", MAX_CONTROLLER)] : []),
    ...validateDomainPrefixedPath(controller, "spec.controller"),
    ...(parameters ? validateParameters(parameters) : []),
  ];
}

function validateParameters(parameters: NonNullable<IngressClass["spec"]["parameters"]>): FieldError[] {
  const { scope, namespace } = parameters;
  const field = "spec.parameters";
  const errors = validateReference(parameters, field);
  if (scope === undefined) return [...errors, fieldRequired(`${field}.scope`, "")];
  errors.push(...oneOf(scope, SCOPES, `${field}.scope`));
  if (scope === "Namespace") {
    const detail = "`parameters.scope` is set to 'Namespace'";
    if (namespace === undefined) errors.push(fieldRequired(`${field}.namespace`, detail));
    else errors.push(...dnsLabel(namespace, `${field}.namespace`));
  }
  if (scope === "Cluster" && namespace !== undefined) {
    errors.push(fieldForbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
}
