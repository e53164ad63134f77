import type { LabelSelector } from "../../openapi/api/meta.k8s.io.v1.ts";

/** One test of a selector's text. */
type Requirement = Required<NonNullable<LabelSelector["matchExpressions"]>>[number];

const KEY = "[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?";
const VALUE = "(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?";
const FORMS: [RegExp, (match: string[]) => Requirement][] = [
  [new RegExp(`^!\\s*(${KEY})$`), ([, key = ""]) => ({ key, operator: "DoesNotExist", values: [] })],
  [new RegExp(`^(${KEY})$`), ([, key = ""]) => ({ key, operator: "Exists", values: [] })],
  [
    new RegExp(`^(${KEY})\\s*==?\\s*(${VALUE})$`),
    ([, key = "", value = ""]) => ({ key, operator: "In", values: [value] }),
  ],
  [
    new RegExp(`^(${KEY})\\s*!=\\s*(${VALUE})$`),
    ([, key = "", value = ""]) => ({ key, operator: "NotIn", values: [value] }),
  ],
  [
    /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/,
    ([, key = "", word, list = ""]) => ({
      key,
      operator: word === "in" ? "In" : "NotIn",
      values: list.split(",").map((value) => value.trim()),
    }),
  ],
];

/**
 * A selector as `status.selector` of a Scale writes it, as a LabelSelector. (labels.Parse)
 * @throws Error when it is none
 */
export function parseSelector(text: string): LabelSelector {
  // A comma inside of parentheses separates values.
  const parts = text.match(/(?:[^,(]|\([^)]*\)|\((?![^)]*\)))+/g) ?? [];
  return {
    matchExpressions: parts.map((part) => {
      for (const [form, requirement] of FORMS) {
        const match = form.exec(part.trim());
        if (match) return requirement(match);
      }
      throw new Error(`unable to parse requirement: found '${part.trim()}', expected: identifier`);
    }),
  };
}

/** As labels.Selector prints itself: sorted by key. */
export function selectorText(selector: LabelSelector | undefined): string {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const requirements = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      const list = `(${[...values].sort().join(",")})`;
      if (operator === "In") return { key, text: `${key} in ${list}` };
      if (operator === "NotIn") return { key, text: `${key} notin ${list}` };
      return { key, text: operator === "Exists" ? key : `!${key}` };
    }),
  ];
  return requirements
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(",");
}
