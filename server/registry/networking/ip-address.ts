import type { IPAddress } from "../../../openapi/api/networking.k8s.io.v1.ts";
import { dnsSubdomain, neededBy, pathSegment } from "../../meta/field-checks.ts";
import { type FieldError, fieldRequired } from "../../meta/field-error.ts";
import { immutable } from "../../meta/internal-form.ts";
import { validateIP } from "../../meta/ip-validation.ts";
import { defineKind } from "../kind.ts";

/** IPAddress, networking.k8s.io/v1. Follows pkg/registry/networking/ipaddress and pkg/apis/networking/validation. */
export const ipAddress = defineKind<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  validateName: (name) => validateIP(name, "").map(({ detail }) => detail),
  validate,
  updateChecks: ["whole", "validate", "changes", "own"],
  validateUpdate: (object, old) =>
    immutable("?networking.ParentReference", [object.spec.parentRef, old.spec.parentRef], "spec.parentRef"),
});

function validate({ spec }: IPAddress): FieldError[] {
  const field = "spec.parentRef";
  if (!spec.parentRef) return [fieldRequired(field, "")];
  const { group, resource, namespace, name } = spec.parentRef;
  return [
    ...(group ? dnsSubdomain(group, `${field}.group`) : []),
    ...neededBy(resource, pathSegment, `${field}.resource`),
    ...neededBy(name, pathSegment, `${field}.name`),
    ...(namespace ? pathSegment(namespace, `${field}.namespace`) : []),
  ];
}
