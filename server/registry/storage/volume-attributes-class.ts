import type { VolumeAttributesClass } from "../../../openapi/api/storage.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldForbidden } from "../../meta/field-error.ts";
import { defineKind } from "../kind.ts";
import { validateParameters, validateProvisioner } from "./parameters.ts";

/** VolumeAttributesClass, storage.k8s.io/v1. Follows pkg/registry/storage/volumeattributesclass. */
export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  returnsDeletedObject: true,
  validate,
  updateChecks: ["changes", "own", "whole", "validate"],
  validateUpdate: (object, old) =>
    (["driverName", "parameters"] as const).flatMap((field) =>
      semanticEqual(object[field], old[field]) ? [] : [fieldForbidden(field, `updates to ${field} are forbidden.`)],
    ),
});

function validate({ driverName, parameters }: VolumeAttributesClass): FieldError[] {
  return [...validateProvisioner(driverName, "driverName"), ...validateParameters(parameters, false)];
}
