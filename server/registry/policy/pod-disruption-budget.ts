import type { PodDisruptionBudget } from "../../../openapi/api/policy.v1.ts";
import { validateConditions } from "../../meta/conditions.ts";
import { invalidEach, oneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { type IntOrString, percentOf } from "../../meta/int-or-string.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { validateLabelSelector } from "../../meta/label-validation.ts";
import { validatePercent } from "../../meta/names.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";

const EVICTION_POLICIES = ["AlwaysAllow", "IfHealthyBudget"];
/** What upstream's beta version kept match-all and match-none apart with. */
const BETA_LABEL = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";

/** PodDisruptionBudget, policy/v1. Follows pkg/registry/policy/poddisruptionbudget and pkg/apis/policy. */
export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  allowUnconditionalUpdate: false,
  loosensMetadata: true,
  prepareForCreate(object) {
    object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
    object.metadata.generation = 1;
    stripBetaLabel(object);
  },
  prepareForUpdate(object, old) {
    stripBetaLabel(object);
    restore(object, old, "status");
    bumpGeneration(object, old);
  },
  validate: (object) => validate(object, false),
  updateChecks: ["own"],
  validateUpdate: (object, old) => validate(object, validateLabelSelector(old.spec.selector, {}, "").length > 0),
  subresources: {
    status: {
      ...status<PodDisruptionBudget>(),
      verbs: ["get", "patch", "update"],
      updateChecks: ["own"],
      validateUpdate: ({ status: { conditions, ...counts } }) => [
        ...validateConditions(conditions, "status.conditions"),
        ...(["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const).flatMap((name) =>
          validateNonNegative(counts[name], `status.${name}`),
        ),
      ],
    },
  },
});

/** It never goes along with a selector of the user's own. (pkg/apis/policy/v1 conversion) */
function stripBetaLabel({ spec }: PodDisruptionBudget): void {
  const { selector } = spec;
  if (!selector) return;
  const expressions = selector.matchExpressions ?? [];
  const labels = Object.keys(selector.matchLabels ?? {});
  const isAlone = labels.length === 0 && expressions.length === 1 && expressions[0]?.key === BETA_LABEL;
  if (isAlone && ["Exists", "DoesNotExist"].includes(expressions[0]?.operator ?? "")) return;
  if (selector.matchLabels) delete selector.matchLabels[BETA_LABEL];
  if (selector.matchExpressions) {
    selector.matchExpressions = expressions.filter(({ key }) => key !== BETA_LABEL);
    if (selector.matchExpressions.length === 0) delete selector.matchExpressions;
  }
}

function validate({ spec }: PodDisruptionBudget, invalidLabelValues: boolean): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    // The names are those of the Go type.
    const value = {
      MinAvailable: minAvailable,
      Selector: internalForm("?json", selector),
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
    };
    errors.push(fieldInvalid("spec", value, "minAvailable and maxUnavailable cannot be both set"));
  }
  return [
    ...errors,
    ...validateAmount(minAvailable, "spec.minAvailable"),
    ...validateAmount(maxUnavailable, "spec.maxUnavailable"),
    ...validateLabelSelector(selector, { invalidLabelValues }, "spec.selector"),
    ...oneOf(unhealthyPodEvictionPolicy, EVICTION_POLICIES, "spec.unhealthyPodEvictionPolicy"),
  ];
}

/** (ValidatePositiveIntOrPercent and IsNotMoreThan100Percent of pkg/apis/apps/validation) */
function validateAmount(value: IntOrString | undefined, field: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === "number") return validateNonNegative(value, field);
  const errors = invalidEach(value, validatePercent(value), field);
  if ((percentOf(value) ?? 0) > 100) errors.push(fieldInvalid(field, value, "must not be greater than 100%"));
  return errors;
}
