import type { DaemonSet, DaemonSetUpdateStrategy } from "../../../openapi/api/apps.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldInvalid, fieldNotSupported, fieldRequired } from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { hasInvalidLabelValue, validateLabelSelector } from "../../meta/label-validation.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { dropDisabledTemplate } from "../core/pod/disabled-fields.ts";
import { templateOptions, type ValidationOptions } from "../core/pod/validation-options.ts";
import { templateWarnings } from "../core/pod/warnings.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";
import {
  amountOf,
  doesNotMatch,
  isEmptySelector,
  selectorForm,
  selectorMatches,
  validateAtMost100Percent,
  validateCollisionCount,
  validateCounts,
  validateIntOrPercent,
  validateTemplate,
} from "./workload-validation.ts";

/** What was a field in apps/v1beta1, and is kept for clients that still look at it. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

/** DaemonSet, apps/v1. Follows pkg/registry/apps/daemonset and pkg/apis/apps/{v1,validation}. */
export const daemonSet = defineKind<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  zeroValue: { annotations: { [TEMPLATE_GENERATION]: "0" } },
  defaults({ metadata, spec }) {
    // What the conversion from the field makes of its absence.
    metadata.annotations = { [TEMPLATE_GENERATION]: "0", ...metadata.annotations };
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
  },
  prepareForCreate(obj) {
    obj.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
    obj.metadata.generation = 1;
    setTemplateGeneration(obj, Math.max(templateGeneration(obj), 1));
    dropDisabledTemplate(obj.spec.template, undefined);
  },
  prepareForUpdate(obj, old) {
    restore(obj, old, "status");
    dropDisabledTemplate(obj.spec.template, old.spec.template);
    const changed = !semanticEqual(obj.spec.template, old.spec.template);
    setTemplateGeneration(obj, templateGeneration(old) + (changed ? 1 : 0));
    bumpGeneration(obj, old);
  },
  validate: ({ spec }) => validateSpec(spec, {}),
  validateUpdate: ({ spec }, old) => {
    const options = templateOptions(old.spec.template);
    const allowInvalidLabelValueInSelector =
      options.allowInvalidLabelValueInSelector || hasInvalidLabelValue(old.spec.selector);
    return [
      ...(semanticEqual(spec.selector, old.spec.selector)
        ? []
        : [fieldInvalid("spec.selector", selectorForm(spec.selector), "field is immutable")]),
      ...validateSpec(spec, { ...options, allowInvalidLabelValueInSelector }),
    ];
  },
  warnings: (obj, old) =>
    old && templateGeneration(obj) === templateGeneration(old)
      ? []
      : templateWarnings(obj.spec.template, "spec.template"),
  tableMetadata({ annotations, ...metadata }) {
    const { [TEMPLATE_GENERATION]: _generation, ...others } = annotations ?? {};
    return { ...metadata, ...(Object.keys(others).length > 0 && { annotations: others }) };
  },
  subresources: {
    status: {
      verbs: ["get", "patch", "update"],
      prepareForUpdate(obj, old, context) {
        status<DaemonSet>().prepareForUpdate?.(obj, old, context);
        setTemplateGeneration(obj, templateGeneration(old)); // a field of the internal spec
      },
      validateUpdate: (obj, old) => [
        ...validateCounts(obj.status, COUNTS, "status"),
        ...validateCollisionCount(obj.status.collisionCount, old.status.collisionCount),
      ],
    },
  },
});

const COUNTS = [
  "currentNumberScheduled",
  "numberMisscheduled",
  "desiredNumberScheduled",
  "numberReady",
  "observedGeneration",
  "updatedNumberScheduled",
  "numberAvailable",
  "numberUnavailable",
  "collisionCount",
];

function templateGeneration({ metadata }: DaemonSet): number {
  return Number(metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
}

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

/** (ValidateDaemonSetSpec) */
function validateSpec(spec: DaemonSet["spec"], options: ValidationOptions): FieldError[] {
  const { selector, template } = spec;
  const allow = { invalidLabelValues: options.allowInvalidLabelValueInSelector ?? false };
  const errors = validateLabelSelector(selector, allow, "spec.selector");
  if (selectorMatches(selector, template) === false) errors.push(doesNotMatch(template, "spec.template"));
  if (selector && isEmptySelector(selector)) {
    errors.push(fieldInvalid("spec.selector", {}, "empty selector is invalid for daemonset"));
  }
  return [
    ...errors,
    ...validateTemplate(template, "spec.template", "DaemonSet", options),
    ...validateNonNegative(spec.minReadySeconds ?? 0, "spec.minReadySeconds"),
    ...validateStrategy(spec.updateStrategy, "spec.updateStrategy"),
    ...validateNonNegative(spec.revisionHistoryLimit ?? 0, "spec.revisionHistoryLimit"),
  ];
}

function validateStrategy(strategy: DaemonSetUpdateStrategy, field: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const at = `${field}.rollingUpdate`;
  if (type === "OnDelete") return [];
  if (type !== "RollingUpdate") {
    const value = internalForm("apps.DaemonSetUpdateStrategy", strategy);
    return [fieldNotSupported(field, value, ["RollingUpdate", "OnDelete"])];
  }
  if (!rollingUpdate) return [fieldRequired(at, "")];
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${at}.maxSurge`),
    ...validateAtMost100Percent(maxUnavailable, `${at}.maxUnavailable`),
    ...validateAtMost100Percent(maxSurge, `${at}.maxSurge`),
  ];
  const surges = amountOf(maxSurge) !== 0;
  if (amountOf(maxUnavailable) !== 0 && surges) {
    errors.push(fieldInvalid(`${at}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  } else if (amountOf(maxUnavailable) === 0 && !surges) {
    errors.push(fieldRequired(`${at}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  }
  return errors;
}
