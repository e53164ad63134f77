import type { ResourceClaimTemplate } from "../../../openapi/api/resource.k8s.io.v1.ts";
import type { FieldError } from "../../meta/field-error.ts";
import { immutable } from "../../meta/internal-form.ts";
import { validateTemplateMeta } from "../../meta/template-meta.ts";
import { defineKind, type RequestContext } from "../kind.ts";
import { adminRequests, defaultClaim, validateAdminAccess, validateClaim } from "./claim-validation.ts";

/** ResourceClaimTemplate, resource.k8s.io/v1. Follows pkg/registry/resource/resourceclaimtemplate. */
export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  returnsDeletedObject: true,
  defaults: ({ spec }) => defaultClaim(spec.spec),
  validate: (object, context) => [
    ...validateAdminAccess(adminRequests(object.spec.spec), object.metadata.namespace ?? "", context),
    ...validate(object, context),
  ],
  updateChecks: ["whole", "own", "changes"],
  validateUpdate: (object, old, context) => [
    ...validate(object, context),
    ...immutable("resource.ResourceClaimTemplateSpec", [object.spec, old.spec], "spec"),
  ],
});

function validate({ spec }: ResourceClaimTemplate, { services }: RequestContext): FieldError[] {
  return [
    ...validateTemplateMeta(spec.metadata, "spec.metadata"),
    ...validateClaim(spec.spec, services.checkExpression, "spec.spec"),
  ];
}
