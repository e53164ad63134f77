import type { ResourceClaimTemplate } from "../../../openapi/api/resource.k8s.io.v1.ts";
import { type FieldError, fieldForbidden } from "../../meta/field-error.ts";
import { immutable } from "../../meta/internal-form.ts";
import { validateLabels } from "../../meta/label-validation.ts";
import { validateAnnotations } from "../../meta/object-meta.ts";
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
  const { labels, annotations, ...others } = spec.metadata ?? {};
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  return [
    ...validateAnnotations(annotations, "spec.metadata.annotations"),
    ...validateLabels(labels, "spec.metadata.labels"),
    // Names are made from those of the Go type: only the first letter is small.
    ...given.map(([member]) => fieldForbidden(`spec.metadata.${member === "uid" ? "uID" : member}`, "cannot be set")),
    ...validateClaim(spec.spec, services.checkExpression, "spec.spec"),
  ];
}
