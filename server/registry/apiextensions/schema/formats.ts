import { isIP, isIPv4, isIPv6 } from "node:net";
import { parseGoDuration } from "../../../../openapi/scalars.ts";
import { canonicalTime } from "../../../../openapi/time.ts";
import { validateDNS1123Label, validateDNS1123Subdomain } from "../../../meta/names.ts";
import type { JsonSchema } from "./json-schema.ts";

const UUID = (version: string, variant: string) =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, "i");
const HEX = "[0-9a-f]";
const BYTE = "(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])";
const PERCENT = "(?:0|[1-9]\\d?|1\\d\\d)%";
const RGB = new RegExp(`^rgb\\(\\s*(?:(?:${BYTE}\\s*,\\s*){2}${BYTE}|(?:${PERCENT}\\s*,\\s*){2}${PERCENT})\\s*\\)$`);
const HOSTNAME =
  /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z0-9\p{S}\p{L}])(-?[a-zA-Z0-9\p{S}\p{L}]){1,62})$/u;
const CREDIT_CARD =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const MAC =
  /^(?:(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?:(?:\1[0-9a-f]{2}){2}|(?:\1[0-9a-f]{2}){14})?)|(?:[0-9a-f]{4}\.){2}(?:[0-9a-f]{4}|[0-9a-f]{4}\.[0-9a-f]{4}|(?:[0-9a-f]{4}\.){7}[0-9a-f]{4}))$/i;

/** Texts that a format allows, by the format's name without dashes. (kube-openapi/pkg/validation/strfmt) */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: (text) => new RegExp(`^${HEX}{24}$`, "i").test(text),
  uri: isRequestUri,
  email: isEmail,
  hostname: (text) =>
    HOSTNAME.test(text) &&
    Buffer.byteLength(text) <= 255 &&
    text.split(".").every((label) => Buffer.byteLength(label) <= 63),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCidr,
  mac: (text) => MAC.test(text),
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

function isRequestUri(text: string): boolean {
  if (text === "" || /[\s\p{Cc}]/u.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return false;
  // As net/url.ParseRequestURI: an absolute address, or an absolute path.
  return (
    text.startsWith("/") || (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && (!text.includes("://") || URL.canParse(text)))
  );
}

function isEmail(text: string): boolean {
  const address = /^(?:[^<>]*)<([^<>]+)>\s*$/.exec(text)?.[1] ?? text.trim();
  return /^(?:[^\s@"(),:;<>[\\\]]+|"(?:[^"\\]|\\.)*")@(?:[^\s@"(),:;<>[\\\]]+|\[[^\]]*\])$/.test(address);
}

function isCidr(text: string): boolean {
  const [address = "", length = "", ...more] = text.split("/");
  const family = isIP(address);
  return more.length === 0 && family > 0 && /^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
}

function isIsbn10(text: string): boolean {
  const digits = text.replaceAll(/[- ]/g, "");
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = [...digits].reduce((total, digit, i) => total + (i + 1) * (digit === "X" ? 10 : Number(digit)), 0);
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replaceAll(/[- ]/g, "");
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

function isDateTime(text: string): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)([Zz]|[+-]\d{2}:\d{2})$/.exec(text);
  return match !== null && canonicalOf(`${match[1]}T${match[2]}${(match[3] ?? "").toUpperCase()}`) !== undefined;
}

function canonicalOf(text: string): string | undefined {
  try {
    return canonicalTime(text);
  } catch {
    return undefined;
  }
}

/** Go's durations, and what Scala writes: `3 days`. */
function isDuration(text: string): boolean {
  if (
    /^\s*\d+\s*(?:ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)\s*$/.test(
      text,
    )
  ) {
    return true;
  }
  try {
    parseGoDuration(text);
    return true;
  } catch {
    return false;
  }
}
