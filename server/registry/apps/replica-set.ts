import type { ReplicaSet } from "../../../openapi/api/apps.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { dropDisabledTemplate } from "../core/pod/disabled-fields.ts";
import { templateOptions, type ValidationOptions } from "../core/pod/validation-options.ts";
import { templateWarnings, warnOfName } from "../core/pod/warnings.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";
import { selectorForm, validateCounts, validateSelectorAndTemplate, validateWithin } from "./workload-validation.ts";

// Upstream calls it a deployment here too.
const RULES = { emptySelector: "deployment", unreadableSelector: "invalid label selector", kind: "ReplicaSet" };

/** ReplicaSet, apps/v1. Follows pkg/registry/apps/replicaset and pkg/apis/apps/{v1,validation}. */
export const replicaSet = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  zeroValue: { spec: { replicas: 0 } },
  defaults({ spec }) {
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  prepareForCreate(obj) {
    obj.status = { replicas: 0 };
    obj.metadata.generation = 1;
    dropDisabledTemplate(obj.spec.template, undefined);
  },
  prepareForUpdate(obj, old) {
    restore(obj, old, "status");
    dropDisabledTemplate(obj.spec.template, old.spec.template);
    bumpGeneration(obj, old);
  },
  validate: ({ spec }) => validateSpec(spec, {}),
  validateUpdate: ({ spec }, old) => [
    ...validateSpec(spec, templateOptions(old.spec.template)),
    ...(semanticEqual(spec.selector, old.spec.selector)
      ? []
      : [fieldInvalid("spec.selector", selectorForm(spec.selector), "field is immutable")]),
  ],
  warnings: ({ metadata, spec }, old) => {
    if (old && metadata.generation === old.metadata.generation) return [];
    const ofName = old ? [] : warnOfName(metadata.name, "Pod names and hostnames");
    return [...ofName, ...templateWarnings(spec.template, "spec.template")];
  },
  selectableFields: ({ status }) => ({ "status.replicas": String(status.replicas ?? 0) }),
  subresources: {
    status: {
      verbs: ["get", "patch", "update"],
      ...status<ReplicaSet>(),
      validateUpdate: ({ status }) => validateReplicaCounts(status),
    },
  },
});

function validateSpec(spec: ReplicaSet["spec"], options: ValidationOptions): FieldError[] {
  return [
    ...validateNonNegative(spec.replicas ?? 0, "spec.replicas"),
    ...validateNonNegative(spec.minReadySeconds ?? 0, "spec.minReadySeconds"),
    ...validateSelectorAndTemplate(
      { ...(spec.selector && { selector: spec.selector }), template: spec.template ?? {} },
      "spec",
      RULES,
      options,
    ),
  ];
}

/** Of ReplicaSets and ReplicationControllers. (ValidateReplicaSetStatus) */
export function validateReplicaCounts(current: object): FieldError[] {
  const names = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"];
  // The cast: looked at by name.
  const { availableReplicas = 0, readyReplicas = 0 } = current as Readonly<Record<string, number | undefined>>;
  const errors = [
    ...validateCounts(current, [...names, "terminatingReplicas"], "status"),
    ...validateWithin(current, ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"], "status"),
  ];
  if (availableReplicas > readyReplicas) {
    errors.push(fieldInvalid("status.availableReplicas", availableReplicas, "cannot be greater than readyReplicas"));
  }
  return errors;
}
