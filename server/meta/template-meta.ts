import type { ObjectMeta } from "../../openapi/api/meta.k8s.io.v1.ts";
import { isGiven } from "../../openapi/given-empty.ts";
import { type FieldError, fieldForbidden } from "./field-error.ts";
import { validateLabels } from "./label-validation.ts";
import { validateAnnotations } from "./object-meta.ts";

/** In the order of the Go struct. */
const FORBIDDEN = [
  ...["name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp"],
  ...["deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields"],
] as (keyof ObjectMeta)[]; // names of its members

/** Metadata of claims to come: they may have labels and annotations. (ValidateTemplateObjectMeta of pkg/apis/core/validation) */
export function validateTemplateMeta(metadata: ObjectMeta | undefined, field: string): FieldError[] {
  // Names are made from those of the Go type: only the first letter is small.
  const nameOf = (member: string) => (member === "uid" ? "uID" : member);
  return [
    ...validateAnnotations(metadata?.annotations, `${field}.annotations`),
    ...validateLabels(metadata?.labels, `${field}.labels`),
    ...FORBIDDEN.filter((member) => isGiven(metadata, member)).map((member) =>
      fieldForbidden(`${field}.${nameOf(member)}`, "cannot be set"),
    ),
  ];
}
