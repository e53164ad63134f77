import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import type { ObjectMeta } from "../../meta/object.ts";
import type { Kind } from "../kind.ts";

/** Finalizers without a prefix that upstream knows. (helper.IsStandardFinalizerName) */
export const STANDARD_FINALIZERS: readonly string[] = ["kubernetes", "orphan", "foregroundDeletion"];
/** Groups that check metadata with apimachinery's rules only. */
const LENIENT_GROUPS = [
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
];

/** Finalizers of Kubernetes' own kinds have a prefix or are well known. (pkg/apis/core/validation ValidateObjectMeta) */
export function validateFinalizerNames({ custom, group }: Kind, metadata: ObjectMeta): FieldError[] {
  return custom || LENIENT_GROUPS.includes(group) ? [] : validateKubeFinalizers(metadata);
}

export function validateKubeFinalizers({ finalizers = [] }: ObjectMeta): FieldError[] {
  return finalizers.flatMap((name, index) => validateKubeFinalizer(name, `metadata.finalizers[${index}]`));
}

export function validateKubeFinalizer(name: string, field: string): FieldError[] {
  if (name.includes("/") || STANDARD_FINALIZERS.includes(name)) return [];
  return [fieldInvalid(field, name, "name is neither a standard finalizer name nor is it fully qualified")];
}
