import type { RuntimeClass } from "../../../openapi/api/node.k8s.io.v1.ts";
import { dnsLabel, neededBy } from "../../meta/field-checks.ts";
import { type FieldError, fieldDuplicate } from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { validateLabels } from "../../meta/label-validation.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { validateContainerResources } from "../core/pod/resource-validation.ts";
import { validateTolerations } from "../core/pod/scheduling-validation.ts";
import { templateOptions } from "../core/pod/validation-options.ts";
import { defineKind } from "../kind.ts";
import { deprecationOf } from "./deprecated-labels.ts";

/** RuntimeClass, node.k8s.io/v1. Follows pkg/registry/node/runtimeclass and pkg/apis/node/validation. */
export const runtimeClass = defineKind<RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validate,
  updateChecks: ["whole", "validate", "changes", "own"],
  validateUpdate: (object, old) => validateImmutable(object.handler, old.handler, "handler"),
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
      const text = deprecationOf(key);
      return text ? [`scheduling.nodeSelector: ${text}`] : [];
    }),
});

function validate({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  const errors = neededBy(handler, dnsLabel, "handler");
  const options = templateOptions(undefined);
  // Overhead is checked as if it were a container's limits.
  if (overhead)
    errors.push(...validateContainerResources({ limits: overhead.podFixed }, new Set(), "overhead", options));
  if (!scheduling) return errors;
  const { nodeSelector, tolerations = [] } = scheduling;
  const keyOf = (t: (typeof tolerations)[number]) => JSON.stringify([t.key, t.operator, t.value, t.effect]);
  const keys = tolerations.map(keyOf);
  return [
    ...errors,
    ...validateLabels(nodeSelector, "scheduling.nodeSelector"),
    ...validateTolerations(tolerations, "scheduling.tolerations", options),
    ...tolerations.flatMap((toleration, index) => {
      if (keys.indexOf(keys[index] ?? "") === index) return [];
      return [fieldDuplicate(`scheduling.tolerations[${index}]`, internalForm("Toleration", toleration))];
    }),
  ];
}
