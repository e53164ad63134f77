import type { CSIStorageCapacity } from "../../../openapi/api/storage.k8s.io.v1.ts";
import { dnsSubdomain } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { immutable } from "../../meta/internal-form.ts";
import { validateLabelSelector } from "../../meta/label-validation.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { parseQuantity, quantitySign } from "../../meta/quantity.ts";
import { defineKind } from "../kind.ts";
import { warningsForSelector } from "../node/deprecated-labels.ts";

/** CSIStorageCapacity, storage.k8s.io/v1. Follows pkg/registry/storage/csistoragecapacity. */
export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  allowUnconditionalUpdate: false,
  validate: (object) => validate(object, false),
  updateChecks: ["whole", "own", "changes"],
  validateUpdate: (object, old) => [
    ...validate(object, validateLabelSelector(old.nodeTopology, {}, "").length > 0),
    ...immutable("?json", [object.nodeTopology, old.nodeTopology], "nodeTopology"),
    ...validateImmutable(object.storageClassName, old.storageClassName, "storageClassName"),
  ],
  warnings: ({ nodeTopology }) => warningsForSelector(nodeTopology, "nodeTopology"),
});

function validate(object: CSIStorageCapacity, invalidLabelValues: boolean): FieldError[] {
  const { nodeTopology, storageClassName, capacity } = object;
  const isNegative = capacity !== undefined && quantitySign(parseQuantity(capacity)) < 0;
  return [
    ...validateLabelSelector(nodeTopology, { invalidLabelValues }, "nodeTopology"),
    ...dnsSubdomain(storageClassName ?? "", "storageClassName"),
    ...(isNegative ? [fieldInvalid("capacity", capacity, "must be greater than or equal to 0")] : []),
  ];
}
