import type { LabelSelector } from "../../../../openapi/api/meta.k8s.io.v1.ts";
import { type FieldError, fieldForbidden, fieldInvalid } from "../../../meta/field-error.ts";
import { validateLabelName } from "../../../meta/label-validation.ts";

/** What affinity terms and spread constraints have in common. */
interface Keys {
  readonly labelSelector?: LabelSelector;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

const IN_BOTH = "exists in both matchLabelKeys and labelSelector";

/** (ValidateMatchLabelKeysAndMismatchLabelKeys of pkg/apis/core/validation) */
export function validateLabelKeys(
  { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: Keys,
  field: string,
): FieldError[] {
  const errors = [
    ...validateKeys(matchLabelKeys, labelSelector, `${field}.matchLabelKeys`),
    ...validateKeys(mismatchLabelKeys, labelSelector, `${field}.mismatchLabelKeys`),
  ];
  // The server itself adds each key to the selector once: a second requirement is the user's.
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const i = matchLabelKeys.lastIndexOf(key);
    if (i >= 0 && seen.has(key)) errors.push(fieldInvalid(`${field}[${i}]`, key, IN_BOTH));
    seen.add(key);
  }
  for (const [i, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue;
    const detail = "exists in both matchLabelKeys and mismatchLabelKeys";
    errors.push(fieldInvalid(`${field}.matchLabelKeys[${i}]`, key, detail));
  }
  return errors;
}

function validateKeys(keys: readonly string[], selector: LabelSelector | undefined, field: string): FieldError[] {
  if (keys.length === 0) return [];
  if (!selector) return [fieldForbidden(field, "must not be specified when labelSelector is not set")];
  return keys.flatMap((key, i) => validateLabelName(key, `${field}[${i}]`));
}

/** The rule of before 1.34, for what was stored then. (ValidateMatchLabelKeysInTopologySpread) */
export function validateLegacySpreadKeys({ labelSelector, matchLabelKeys = [] }: Keys, field: string): FieldError[] {
  if (matchLabelKeys.length === 0) return [];
  const selected = new Set([
    ...Object.keys(labelSelector?.matchLabels ?? {}),
    ...(labelSelector?.matchExpressions ?? []).map(({ key }) => key),
  ]);
  const errors = labelSelector ? [] : [fieldForbidden(field, "must not be specified when labelSelector is not set")];
  for (const [i, key] of matchLabelKeys.entries()) {
    errors.push(...validateLabelName(key, `${field}[${i}]`));
    if (selected.has(key)) errors.push(fieldInvalid(`${field}[${i}]`, key, IN_BOTH));
  }
  return errors;
}
