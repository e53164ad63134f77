import { isIPv6 } from "node:net";
import { parseGoDuration } from "../../../../openapi/scalars.ts";
import { canonicalTime } from "../../../../openapi/time.ts";
import { parseCidr, parseIp } from "../../../meta/ip.ts";
import { isMailAddress } from "../../../meta/mail-address.ts";
import { validateDNS1123Label, validateDNS1123Subdomain } from "../../../meta/names.ts";
import { requestUriProblem } from "../../../meta/request-uri.ts";
import type { JsonSchema } from "./json-schema.ts";

const UUID = (version: string, variant: string) =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, "i");
const HEX = "[0-9a-f]";
const BYTE = "(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])";
/** What Go's expressions call a blank. */
const BLANK = "[\\t\\n\\f\\r ]";
const RGB = new RegExp(`^rgb\\(${BLANK}*${[BYTE, BYTE, BYTE].join(`${BLANK}*,${BLANK}*`)}${BLANK}*\\)$`);
const HOSTNAME =
  /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$/u;
const CREDIT_CARD =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
/** Of 6, 8 or 20 octets: one by one, two by two, or all together. (net.ParseMAC) */
const MAC = [
  /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}(?:[0-9a-f]{2}|(?:[0-9a-f]{2}\1){2}[0-9a-f]{2}|(?:[0-9a-f]{2}\1){14}[0-9a-f]{2})$/i,
  /^(?:[0-9a-f]{4}\.){2}(?:[0-9a-f]{4}|[0-9a-f]{4}\.[0-9a-f]{4}|(?:[0-9a-f]{4}\.){7}[0-9a-f]{4})$/i,
  /^(?:[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{40})$/i,
];

/** Texts that a format allows, by the format's name without dashes. (kube-openapi/pkg/validation/strfmt) */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: (text) => new RegExp(`^${HEX}{24}$`, "i").test(text),
  uri: (text) => requestUriProblem(text) === undefined,
  email: isMailAddress,
  hostname: (text) =>
    HOSTNAME.test(text) &&
    Buffer.byteLength(text) <= 255 &&
    text.split(".").every((label) => Buffer.byteLength(label) <= 63),
  // Zeros in front of numbers are passed over, as Go once did.
  ipv4: (text) => text.includes(".") && parseIp(text) !== undefined,
  ipv6: (text) => isIPv6(text) && !text.includes("%"),
  cidr: (text) => parseCidr(text) !== undefined,
  mac: (text) => MAC.some((form) => form.test(text)),
  uuid: (text) => UUID(HEX, HEX).test(text),
  uuid3: (text) => UUID("3", HEX).test(text),
  uuid4: (text) => UUID("4", "[89ab]").test(text),
  uuid5: (text) => UUID("5", "[89ab]").test(text),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: (text) => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  hexcolor: (text) => /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text),
  rgbcolor: (text) => RGB.test(text),
  byte: (text) => BASE64.test(text),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: (text) => validateDNS1123Label(text).length === 0,
  k8slongname: (text) => validateDNS1123Subdomain(text).length === 0,
};

const NUMBER_FORMATS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    integer: ["int32", "int64"],
    number: ["float", "double"],
  }),
);

/** The format of a node as far as this version knows it; others are ignored, as upstream does. (validation/formats.go) */
export function formatOf(schema: JsonSchema): string | undefined {
  return schema.format && isKnown(schema.format, typeOfFormat(schema)) ? schema.format : undefined;
}

/** The format of a node that this version does not know. */
export function unknownFormatOf({ format, type = "" }: JsonSchema): string | undefined {
  return format && !isKnown(format, type) ? format : undefined;
}

/** An int-or-string has two types, of which upstream looks at neither. */
function typeOfFormat(schema: JsonSchema): string {
  return schema["x-kubernetes-int-or-string"] ? "" : (schema.type ?? "");
}

function isKnown(format: string, type: string): boolean {
  if (type === "" || type === "string") return Object.hasOwn(FORMATS, format.replaceAll("-", ""));
  return NUMBER_FORMATS.get(type)?.includes(format) ?? false;
}

/** Whether a text is of a format; texts of formats that are for numbers always are. */
export function matchesFormat(text: string, format: string): boolean {
  return FORMATS[format.replaceAll("-", "")]?.(text) ?? true;
}

function isIsbn10(text: string): boolean {
  const digits = text.replaceAll(/[-\t\n\f\r ]/g, "");
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = [...digits].reduce((total, digit, i) => total + (i + 1) * (digit === "X" ? 10 : Number(digit)), 0);
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replaceAll(/[-\t\n\f\r ]/g, "");
  if (!/^\d{13}$/.test(digits)) return false;
  return [...digits].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 1 : 3), 0) % 10 === 0;
}

function isCreditCard(text: string): boolean {
  const digits = text.replaceAll(/[^0-9]+/g, "");
  if (!CREDIT_CARD.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && canonicalOf(`${text}T00:00:00Z`) !== undefined;
}

const TIME_OF_DAY = /^(\d\d):(\d\d):(\d\d)(?:.\d+)?(?:z|[+-]\d\d:\d\d)$/u;

/** What follows a second T is not looked at. (strfmt IsDateTime) */
function isDateTime(text: string): boolean {
  const [date = "", time = ""] = text.toLowerCase().split("t");
  const [, hours = "", minutes = "", seconds = ""] = TIME_OF_DAY.exec(time) ?? [];
  return hours !== "" && isDate(date) && hours <= "23" && minutes <= "59" && seconds <= "59";
}

function canonicalOf(text: string): string | undefined {
  try {
    return canonicalTime(text);
  } catch {
    return undefined;
  }
}

/** A word that begins with the last of a line is of its unit, the others are spelled out. (strfmt timeUnits) */
const UNITS = [
  ["ns", "nano"],
  ["us", "µs", "micro"],
  ["ms", "milli"],
  ["s", "sec"],
  ["m", "min"],
  ["h", "hr", "hour"],
  ["d", "day"],
  ["w", "wk", "week"],
];
const MAX_INT64 = 2n ** 63n - 1n;

/** Go's durations, and whatever has a number and a unit somewhere, as Scala writes them: `3 days`. (strfmt ParseDuration) */
function isDuration(text: string): boolean {
  try {
    parseGoDuration(text);
    return true;
  } catch {
    const found = [...text.matchAll(/(\d+)[\t\n\f\r ]*([A-Za-zµ]+)/g)];
    if (found.some(([, number = ""]) => BigInt(number) > MAX_INT64)) return false;
    return found.some(([, , unit = ""]) => isUnit(unit.toLowerCase()));
  }
}

function isUnit(word: string): boolean {
  return UNITS.some((names) => names.includes(word) || word.startsWith(names.at(-1) ?? ""));
}
