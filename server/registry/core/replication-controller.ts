import type { ReplicationController } from "../../../openapi/api/core.v1.ts";
import { type FieldError, fieldRequired } from "../../meta/field-error.ts";
import { validateDNS1123Subdomain } from "../../meta/names.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { validateReplicaCounts } from "../apps/replica-set.ts";
import { doesNotMatch, validateTemplate } from "../apps/workload-validation.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";
import { defaultPodTemplate } from "./pod/defaults.ts";
import { dropDisabledTemplate } from "./pod/disabled-fields.ts";
import { templateOptions, type ValidationOptions } from "./pod/validation-options.ts";
import { templateWarnings, warnOfName } from "./pod/warnings.ts";

/** ReplicationController, v1. Follows pkg/registry/core/replicationcontroller and pkg/apis/core/{v1,validation}. */
export const replicationController = defineKind<ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  garbageCollection: "orphan",
  // Upstream's declarative rule words it in its own way, and leaves what names are generated from alone.
  validateName: (name, isPrefix) => (isPrefix ? [] : validateDNS1123Subdomain(name, "bytes")),
  defaults(obj) {
    const { spec } = obj;
    const labels = spec.template?.metadata?.labels;
    if (labels && Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    defaultLabels(obj);
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
  validateUpdate: ({ spec }, old) => validateSpec(spec, templateOptions(old.spec.template)),
  canonicalize: defaultLabels, // as it is when it is read again
  warnings: ({ metadata, spec }, old) => {
    if (old && metadata.generation === old.metadata.generation) return [];
    const ofName = old ? [] : warnOfName(metadata.name, "Pod names and hostnames");
    // Upstream warns of the template as it was before an update.
    return [...ofName, ...templateWarnings((old ?? { spec }).spec.template, "spec.template")];
  },
  selectableFields: ({ status }) => ({ "status.replicas": String(status.replicas ?? 0) }),
  subresources: {
    status: {
      verbs: ["get", "patch", "update"],
      ...status<ReplicationController>(),
      validateUpdate: ({ status }) => validateReplicaCounts(status),
    },
  },
});

function defaultLabels({ metadata, spec }: ReplicationController): void {
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

/** (ValidateReplicationControllerSpec) */
function validateSpec(spec: ReplicationController["spec"], options: ValidationOptions): FieldError[] {
  const { selector = {}, template, replicas } = spec;
  const wanted = Object.entries(selector);
  const errors = [
    ...validateNonNegative(spec.minReadySeconds ?? 0, "spec.minReadySeconds"),
    ...(wanted.length === 0 ? [fieldRequired("spec.selector", "")] : []),
    ...(replicas === undefined ? [fieldRequired("spec.replicas", "")] : validateNonNegative(replicas, "spec.replicas")),
  ];
  if (!template) return [...errors, fieldRequired("spec.template", "")];
  const labels = template.metadata?.labels ?? {};
  if (wanted.some(([key, value]) => labels[key] !== value)) errors.push(doesNotMatch(template, "spec.template"));
  return [...errors, ...validateTemplate(template, "spec.template", "ReplicationController", options)];
}
