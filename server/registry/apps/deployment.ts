import type { Deployment, DeploymentStrategy } from "../../../openapi/api/apps.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { dropDisabledTemplate } from "../core/pod/disabled-fields.ts";
import { templateOptions, type ValidationOptions } from "../core/pod/validation-options.ts";
import { templateWarnings, warnOfName } from "../core/pod/warnings.ts";
import { defineKind } from "../kind.ts";
import { restore, status } from "../subresources.ts";
import { normalizeRollback, validateRollback } from "./deployment-rollback.ts";
import {
  amountOf,
  selectorForm,
  validateAtMost100Percent,
  validateCollisionCount,
  validateCounts,
  validateIntOrPercent,
  validateSelectorAndTemplate,
  validateWithin,
} from "./workload-validation.ts";

const RULES = { emptySelector: "deployment", unreadableSelector: "invalid label selector", kind: "ReplicaSet" };

/** Deployment, apps/v1. Follows pkg/registry/apps/deployment and pkg/apis/apps/{v1,validation}. */
export const deployment = defineKind<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  zeroValue: { spec: { replicas: 0 } },
  defaults({ metadata, spec }) {
    normalizeRollback(metadata.annotations);
    if (metadata.annotations && Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ||= "RollingUpdate";
    if (spec.strategy.type === "RollingUpdate") {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
      spec.strategy.rollingUpdate.maxSurge ??= "25%";
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultPodTemplate(spec.template);
  },
  prepareForCreate(obj) {
    obj.status = {};
    obj.metadata.generation = 1;
    dropDisabledTemplate(obj.spec.template, undefined);
  },
  prepareForUpdate(obj, old) {
    restore(obj, old, "status");
    dropDisabledTemplate(obj.spec.template, old.spec.template);
    // Annotations are copied to the ReplicaSets, so they count.
    const wish = ({ spec, metadata }: Deployment) => [spec, metadata.annotations];
    if (!semanticEqual(wish(obj), wish(old))) obj.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate: (object) => validateSpec(object, {}),
  validateUpdate: (object, old) => [
    ...validateSpec(object, templateOptions(old.spec.template)),
    ...(semanticEqual(object.spec.selector, old.spec.selector)
      ? []
      : [fieldInvalid("spec.selector", selectorForm(object.spec.selector), "field is immutable")]),
  ],
  warnings: ({ metadata, spec }, old) => {
    if (old && metadata.generation === old.metadata.generation) return [];
    const ofName = old ? [] : warnOfName(metadata.name, "Pod names and hostnames");
    return [...ofName, ...templateWarnings(spec.template, "spec.template")];
  },
  subresources: {
    status: {
      verbs: ["get", "patch", "update"],
      ...status<Deployment>({ keep: ["labels"] }),
      validateUpdate: (obj, old) => [
        ...validateStatus(obj.status),
        ...validateCollisionCount(obj.status.collisionCount, old.status.collisionCount),
      ],
    },
  },
});

/** (ValidateDeploymentSpec) */
function validateSpec({ metadata, spec }: Deployment, options: ValidationOptions): FieldError[] {
  const { replicas = 0, minReadySeconds = 0, revisionHistoryLimit = 0, progressDeadlineSeconds: deadline } = spec;
  const errors = [
    ...validateNonNegative(replicas, "spec.replicas"),
    ...validateSelectorAndTemplate(spec, "spec", RULES, options),
    ...validateStrategy(spec.strategy, "spec.strategy"),
    ...validateNonNegative(minReadySeconds, "spec.minReadySeconds"),
    ...validateNonNegative(revisionHistoryLimit, "spec.revisionHistoryLimit"),
    ...validateRollback(metadata.annotations),
  ];
  if (deadline === undefined) return errors;
  errors.push(...validateNonNegative(deadline, "spec.progressDeadlineSeconds"));
  if (deadline <= minReadySeconds) {
    errors.push(fieldInvalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"));
  }
  return errors;
}

function validateStrategy(strategy: DeploymentStrategy, field: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const at = `${field}.rollingUpdate`;
  if (type === "Recreate") {
    return rollingUpdate ? [fieldForbidden(at, "may not be specified when strategy `type` is 'Recreate'")] : [];
  }
  if (type !== "RollingUpdate") {
    return [fieldNotSupported(field, internalForm("apps.DeploymentStrategy", strategy), ["Recreate", "RollingUpdate"])];
  }
  if (!rollingUpdate) return [fieldRequired(at, "this should be defaulted and never be nil")];
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${at}.maxSurge`),
  ];
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    errors.push(fieldInvalid(`${at}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  return [...errors, ...validateAtMost100Percent(maxUnavailable, `${at}.maxUnavailable`)];
}

function validateStatus(current: Deployment["status"]): FieldError[] {
  const names = ["observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas"];
  const { availableReplicas = 0, readyReplicas = 0 } = current;
  const errors = [
    ...validateCounts(current, [...names, "unavailableReplicas", "terminatingReplicas", "collisionCount"], "status"),
    ...validateWithin(current, ["updatedReplicas", "readyReplicas", "availableReplicas"], "status"),
  ];
  if (availableReplicas > readyReplicas) {
    errors.push(fieldInvalid("status.availableReplicas", availableReplicas, "cannot be greater than readyReplicas"));
  }
  return errors;
}
