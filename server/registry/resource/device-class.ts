import type { DeviceClass } from "../../../openapi/api/resource.k8s.io.v1.ts";
import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { validateDNS1123Subdomain, validateQualifiedName } from "../../meta/names.ts";
import { isNativeResource } from "../core/pod/resource-lists.ts";
import { defineKind, type RequestContext } from "../kind.ts";
import { bumpGeneration } from "../subresources.ts";
import { validateList } from "./list-validation.ts";
import { validateConfiguration, validateSelectors } from "./selectors.ts";

const MAX_CONFIGURATIONS = 32;

/** DeviceClass, resource.k8s.io/v1. Follows pkg/registry/resource/deviceclass and pkg/apis/resource/validation. */
export const deviceClass = defineKind<DeviceClass>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  validateName: (name, isPrefix) => (isPrefix ? [] : validateDNS1123Subdomain(name, "bytes")),
  returnsDeletedObject: true,
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  prepareForUpdate: bumpGeneration,
  validate,
  updateChecks: ["whole", "changes", "own"],
  validateUpdate: (object, _old, context) => validate(object, context),
});

function validate({ spec }: DeviceClass, { services }: RequestContext): FieldError[] {
  const { selectors, config, extendedResourceName: name } = spec;
  const errors = [
    ...validateSelectors(selectors, services.checkExpression, "spec"),
    ...validateList(config, MAX_CONFIGURATIONS, validateConfiguration, "spec.config"),
  ];
  if (name === undefined || isExtendedResource(name)) return errors;
  return [...errors, fieldInvalid("spec.extendedResourceName", name, "must be a valid extended resource name")];
}

function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith("requests.")) return false;
  return validateQualifiedName(`requests.${name}`).length === 0;
}
