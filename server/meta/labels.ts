import { aggregateMessage, type FieldError, fieldInvalid, fieldNotSupported } from "./field-error.ts";
import { goQuote } from "./go-quote.ts";
import { parseRequirements } from "./label-grammar.ts";
import { validateLabelValue, validateQualifiedName } from "./names.ts";
import type { LabelOperator, LabelRequirement, LabelSelector } from "./selector.ts";

type Labels = Readonly<Record<string, string>>;

/** metav1.LabelSelector as it is on the wire. */
export interface LabelSelectorFields {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** Thrown for a selector that cannot be; the message is what the client is told, usually with a 400. */
export class SelectorError extends Error {}

const OPERATORS = ["in", "notin", "=", "==", "!=", "gt", "lt", "exists", "!"];
const SYMBOL: Partial<Record<LabelOperator, string>> = {
  "=": "=",
  "==": "==",
  "!=": "!=",
  in: " in ",
  notin: " notin ",
  gt: ">",
  lt: "<",
};

/** Selects every object. */
export const everything: LabelSelector = {
  empty: true,
  requirements: [],
  matches: () => true,
  toString: () => "",
};

/** Selects no object. */
export const nothing: LabelSelector = {
  empty: false,
  requirements: undefined,
  matches: () => false,
  toString: () => "",
};

/** An object is selected when all requirements hold. They are sorted by key, as upstream does. */
export function selectorOf(requirements: readonly LabelRequirement[]): LabelSelector {
  if (!requirements.length) return everything;
  const sorted = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const [only] = sorted;
  return {
    empty: false,
    requirements: sorted,
    // Most selectors have one requirement; this runs for every object of a list.
    matches: only && sorted.length === 1 ? (labels) => holds(only, labels) : (labels) => allHold(sorted, labels),
    toString: () => sorted.map(printRequirement).join(","),
  };
}

function allHold(requirements: readonly LabelRequirement[], labels: Labels | undefined): boolean {
  for (const requirement of requirements) if (!holds(requirement, labels)) return false;
  return true;
}

function holds({ key, operator, values }: LabelRequirement, labels: Labels | undefined): boolean {
  const value: unknown = labels?.[key];
  // Not `undefined`: a key such as "constructor" would be found on the prototype.
  if (typeof value !== "string") return operator === "!" || operator === "!=" || operator === "notin";
  switch (operator) {
    case "=":
    case "==":
      return value === values[0];
    case "!=":
      return value !== values[0];
    case "in":
      return values.includes(value);
    case "notin":
      return !values.includes(value);
    case "exists":
      return true;
    case "!":
      return false;
    default:
      return compareNumbers(operator, parseInt64(value), parseInt64(values[0] ?? ""));
  }
}

function compareNumbers(operator: "gt" | "lt", value: bigint | undefined, limit: bigint | undefined): boolean {
  if (value === undefined || limit === undefined) return false;
  return operator === "gt" ? value > limit : value < limit;
}

function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = text.startsWith("+") ? BigInt(text.slice(1)) : BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function printRequirement({ key, operator, values }: LabelRequirement): string {
  if (operator === "exists") return key;
  if (operator === "!") return `!${key}`;
  const list = values.toSorted().join(",");
  return `${key}${SYMBOL[operator]}${operator === "in" || operator === "notin" ? `(${list})` : list}`;
}

/**
 * Makes a requirement after checking it.
 *
 * @throws SelectorError worded as upstream's NewRequirement (apimachinery/pkg/labels)
 */
export function newRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const keyErrors = validateQualifiedName(key);
  const errors: FieldError[] = keyErrors.length ? [fieldInvalid("key", key, keyErrors.join("; "))] : [];
  errors.push(...operatorErrors(operator, values));
  for (const [index, value] of values.entries()) {
    const messages = validateLabelValue(value);
    if (messages.length) errors.push(fieldInvalid(`values[${index}][${key}]`, value, messages.join("; ")));
  }
  if (errors.length) throw new SelectorError(aggregateMessage(errors));
  return { key, operator, values };
}

function operatorErrors(operator: LabelOperator, values: readonly string[]): FieldError[] {
  const wrong = (detail: string) => [fieldInvalid("values", values, detail)];
  switch (operator) {
    case "in":
    case "notin":
      return values.length ? [] : wrong("for 'in', 'notin' operators, values set can't be empty");
    case "=":
    case "==":
    case "!=":
      return values.length === 1 ? [] : wrong("exact-match compatibility requires one single value");
    case "exists":
    case "!":
      return values.length ? wrong("values set must be empty for exists and does not exist") : [];
    case "gt":
    case "lt":
      return [
        ...(values.length === 1 ? [] : wrong("for 'Gt', 'Lt' operators, exactly one value is required")),
        ...values.flatMap((value, index) =>
          parseInt64(value) === undefined
            ? [fieldInvalid(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")]
            : [],
        ),
      ];
    default:
      return [fieldNotSupported("operator", operator, OPERATORS)];
  }
}

/**
 * Parses the text of a `labelSelector` parameter.
 *
 * @throws SelectorError
 */
export function parseLabelSelector(text: string): LabelSelector {
  if (text === "") return everything;
  return selectorOf(parseRequirements(text, newRequirement, SelectorError));
}

const API_OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/**
 * The selector of an API object. Absent selects nothing, empty selects everything.
 * (LabelSelectorAsSelector of apimachinery/pkg/apis/meta/v1)
 *
 * @throws SelectorError
 */
export function labelSelectorFrom(fields: LabelSelectorFields | undefined): LabelSelector {
  if (!fields) return nothing;
  const requirements = Object.entries(fields.matchLabels ?? {}).map(([key, value]) =>
    newRequirement(key, "=", [value]),
  );
  for (const { key, operator: name, values = [] } of fields.matchExpressions ?? []) {
    const operator = Object.hasOwn(API_OPERATORS, name) ? API_OPERATORS[name] : undefined;
    if (!operator) throw new SelectorError(`${goQuote(name)} is not a valid label selector operator`);
    requirements.push(newRequirement(key, operator, values));
  }
  return selectorOf(requirements);
}

/** As shown in tables: `<none>` when there is nothing to show, `<error>` when it cannot be parsed. */
export function formatLabelSelector(fields: LabelSelectorFields | undefined): string {
  try {
    return labelSelectorFrom(fields).toString() || "<none>";
  } catch (error) {
    if (error instanceof SelectorError) return "<error>";
    throw error;
  }
}

/** The value that a label must have, when one requirement fixes it: what an index can be asked for. */
export function requiredLabelValue(selector: LabelSelector, key: string): string | undefined {
  const requirement = selector.requirements?.find((candidate) => candidate.key === key);
  const isExact = requirement && ["=", "==", "in"].includes(requirement.operator);
  return isExact && requirement.values.length === 1 ? requirement.values[0] : undefined;
}
