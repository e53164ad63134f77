import type { FieldSelectorAttributes, LabelSelectorAttributes } from "../../../openapi/api/authorization.k8s.io.v1.ts";
import { fieldSelectorOf, parseFieldSelector } from "../../meta/fields.ts";
import { newRequirement, parseLabelSelector, selectorOf } from "../../meta/labels.ts";
import type { FieldRequirement, LabelOperator, LabelRequirement } from "../../meta/selector.ts";

/** A selector of a review as authorizers take it, and whether something in it could not be understood. */
export interface SelectorText {
  readonly text: string;
  readonly failed: boolean;
}

const LABEL_OPERATOR: ReadonlyMap<string, LabelOperator> = new Map(
  Object.entries({
    In: "in",
    NotIn: "notin",
    Exists: "exists",
    DoesNotExist: "!",
  }),
);

/** What is not understood is left out: requirements are ANDed, so the check only gets stricter. */
export function labelSelectorText(selector: LabelSelectorAttributes | undefined): SelectorText {
  const { rawSelector = "", requirements = [] } = selector ?? {};
  if (rawSelector) return parsed(rawSelector, () => parseLabelSelector(rawSelector).toString());
  const good: LabelRequirement[] = [];
  for (const { key, operator, values = [] } of requirements) {
    const known = LABEL_OPERATOR.get(operator);
    try {
      if (known) good.push(newRequirement(key, known, values));
    } catch {
      // Counted below.
    }
  }
  return { text: selectorOf(good).toString(), failed: good.length < requirements.length };
}

export function fieldSelectorText(selector: FieldSelectorAttributes | undefined): SelectorText {
  const { rawSelector = "", requirements = [] } = selector ?? {};
  if (rawSelector) return parsed(rawSelector, () => parseFieldSelector(rawSelector).toString());
  const good: FieldRequirement[] = [];
  for (const { key, operator, values = [] } of requirements) {
    // Field selectors know no lists of values and no existence.
    const known = operator === "In" ? "=" : operator === "NotIn" ? "!=" : undefined;
    const [value] = values;
    if (known && value !== undefined && values.length === 1) good.push({ field: key, operator: known, value });
  }
  return { text: fieldSelectorOf(good).toString(), failed: good.length < requirements.length };
}

function parsed(raw: string, parse: () => string): SelectorText {
  try {
    return { text: parse() || raw, failed: false };
  } catch {
    return { text: "", failed: true };
  }
}
