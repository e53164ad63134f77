import {
  nameIsDNS1035Label,
  nameIsDNSLabel,
  nameIsDNSSubdomain,
  validateLabelValue,
  validateQualifiedName,
} from "../../meta/names.ts";
import { free, member, type Overload } from "../overload.ts";
import { NONE, Opaque, Optional } from "../values.ts";
import { parseTimestamp } from "./time.ts";
import { readUrl } from "./url.ts";

const TYPE = "kubernetes.NamedFormat";
type Validate = (text: string) => string[];
const matching =
  (test: (text: string) => boolean, message: string): Validate =>
  (text) =>
    test(text) ? [] : [message];
const isBase64 = (text: string) =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) && text !== "";
const isDate = (text: string) => text.length === 10 && parseTimestamp(`${text}T00:00:00Z`) !== undefined;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Each format: what it says of a text, and the length of its pattern, which its cost goes by. */
const FORMATS: Record<string, readonly [Validate, number]> = {
  dns1123Label: [(text) => nameIsDNSLabel(text, false), 30],
  dns1123Subdomain: [(text) => nameIsDNSSubdomain(text, false), 60],
  dns1035Label: [(text) => nameIsDNS1035Label(text, false), 30],
  qualifiedName: [validateQualifiedName, 60],
  dns1123LabelPrefix: [(text) => nameIsDNSLabel(text, true), 30],
  dns1123SubdomainPrefix: [(text) => nameIsDNSSubdomain(text, true), 60],
  dns1035LabelPrefix: [(text) => nameIsDNS1035Label(text, true), 30],
  labelValue: [validateLabelValue, 40],
  uri: [(text) => [readUrl(text)].filter((result) => typeof result === "string"), 1000],
  uuid: [matching((text) => UUID.test(text), "does not match the UUID format"), 76],
  byte: [matching(isBase64, "invalid base64"), 84],
  date: [matching(isDate, "invalid date"), 110],
  datetime: [matching((text) => parseTimestamp(text) !== undefined, "invalid datetime"), 110],
};
const VALUES = new Map(
  Object.entries(FORMATS).map(([name, [validate, patternSize]]) => {
    return [name, new Opaque(TYPE, validate, (other) => other === validate, patternSize)] as const;
  }),
);

/** Named formats. (apiserver/pkg/cel/library/format.go) */
export const formatLibrary: readonly Overload[] = [
  ...[...VALUES].map(([name, value]) => free(`format.${name}`, `format.${name}`, `-> ${TYPE}`, () => value)),
  free("format.named", "format-named", `string -> optional(${TYPE})`, (name: string) => {
    const value = VALUES.get(name);
    return value ? new Optional(value) : NONE;
  }),
  member("validate", "format-validate", `${TYPE}, string -> optional(list(string))`, (format: Opaque, text: string) => {
    // VALUES holds only validators.
    const problems = (format.value as Validate)(text);
    return problems.length > 0 ? new Optional(problems) : NONE;
  }),
];
