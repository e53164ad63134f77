import { SelectorError } from "./labels.ts";
import type { FieldRequirement, FieldSelector } from "./selector.ts";

/** What is matched: field labels such as `metadata.name` to their values. */
type Fields = Readonly<Record<string, string>>;

/** Selects every object. */
export const everyField: FieldSelector = fieldSelectorOf([]);

/** An object is selected when all requirements hold; a field that it does not have counts as empty. */
export function fieldSelectorOf(requirements: readonly FieldRequirement[]): FieldSelector {
  return {
    empty: requirements.length === 0,
    requirements,
    matches(fields) {
      for (const requirement of requirements) if (!holds(requirement, fields)) return false;
      return true;
    },
    toString: () =>
      requirements.map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`).join(","),
  };
}

function holds({ field, operator, value }: FieldRequirement, fields: Fields): boolean {
  const actual = Object.hasOwn(fields, field) ? fields[field] : "";
  return (actual === value) === (operator === "=");
}

/** Writes a value so that it can stand in a field selector. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, "\\$&");
}

/** @throws SelectorError for an escape that is not one of `\\` `\,` `\=`, or a bare `,` or `=`. */
function unescapeFieldValue(text: string): string {
  let value = "";
  let escaped = false;
  for (const character of text) {
    if (escaped) {
      if (!"\\,=".includes(character)) throw badEscape(`\\${character}`);
      value += character;
      escaped = false;
    } else if (character === "\\") escaped = true;
    else if (character === "," || character === "=") {
      // Upstream prints the code of the character.
      throw new SelectorError(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    } else value += character;
  }
  if (escaped) throw badEscape("\\");
  return value;
}

function badEscape(sequence: string): SelectorError {
  return new SelectorError(`invalid field selector: invalid escape sequence: ${sequence}`);
}

/** Splits at commas; an escaped comma is part of its term. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? [];
}

/**
 * Parses the text of a `fieldSelector` parameter: `field=value,other!=value`. Which fields a resource has is not
 * known here. (apimachinery/pkg/fields)
 *
 * @throws SelectorError
 */
export function parseFieldSelector(text: string): FieldSelector {
  if (text === "") return everyField;
  const requirements = splitTerms(text)
    .sort()
    .map((term): FieldRequirement => {
      // The leftmost operator splits: a field name knows no escapes.
      const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
      if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = "", operator, value = ""] = match;
      return { field, operator: operator === "!=" ? "!=" : "=", value: unescapeFieldValue(value) };
    });
  return fieldSelectorOf(requirements);
}

/** The value that a field must have, when one requirement fixes it: what an index or a single GET can be asked for. */
export function requiredFieldValue(selector: FieldSelector, field: string): string | undefined {
  return selector.requirements.find((candidate) => candidate.field === field && candidate.operator === "=")?.value;
}
