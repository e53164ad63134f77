/**
 * Times of the API: RFC 3339 in, UTC out. Errors are those of Go's time.Parse, which tell the layout and the rest of
 * the text it could not use (apimachinery/pkg/apis/meta/v1/time.go and micro_time.go).
 */
import { quoteBytes, ScalarError } from "./scalars.ts";

const SECONDS_LAYOUT = "2006-01-02T15:04:05Z07:00";
const MICRO_LAYOUT = "2006-01-02T15:04:05.000000Z07:00";
const ZERO = -62135596800000; // 0001-01-01T00:00:00Z, Go's zero time

/** The text Go prints for a metav1.Time: whole seconds, UTC; "" for Go's zero time, which prints null. @throws ScalarError */
export function canonicalTime(text: string): string {
  if (isPlain(text)) return text;
  const { milliseconds } = parse(text, SECONDS_LAYOUT);
  return milliseconds === ZERO ? "" : `${printSeconds(milliseconds)}Z`;
}

/** The text Go prints for a metav1.MicroTime: six digits, UTC; "" for Go's zero time. @throws ScalarError */
export function canonicalMicroTime(text: string): string {
  const { milliseconds, fraction } = parse(text, MICRO_LAYOUT);
  if (milliseconds === ZERO && Number(fraction) === 0) return "";
  return `${printSeconds(milliseconds)}.${fraction.slice(0, 6).padEnd(6, "0")}Z`;
}

/** Whether the text is canonical already: the common case, decided without building a date. */
function isPlain(text: string): boolean {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/.exec(text);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return month >= 1 && month <= 12 && day >= 1 && (day <= 28 || day <= daysIn(year, month)) && year !== 1;
}

function printSeconds(milliseconds: number): string {
  // Years after 9999 carry a sign in JavaScript and none in Go.
  return new Date(milliseconds)
    .toISOString()
    .replace(/\.[0-9]{3}Z$/, "")
    .replace(/^\+0/, "");
}

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Seconds as milliseconds since 1970, and the digits after the second as sent. */
function parse(text: string, layout: string): { milliseconds: number; fraction: string } {
  let rest = text;
  const quoted = quoteBytes(text);
  const fail = (element: string) =>
    new ScalarError(
      `parsing time ${quoted} as ${quoteBytes(layout)}: cannot parse ${quoteBytes(rest)} as ${quoteBytes(element)}`,
    );
  const outOfRange = (what: string) => new ScalarError(`parsing time ${quoted}: ${what} out of range`);
  const take = (pattern: RegExp, element: string): string => {
    const match = pattern.exec(rest);
    if (!match) throw fail(element);
    rest = rest.slice(match[0].length);
    return match[0];
  };
  const number = (pattern: RegExp, element: string, low: number, high: number, what: string): number => {
    const value = Number(take(pattern, element));
    if (value < low || value > high) throw outOfRange(what);
    return value;
  };
  const year = Number(take(/^[0-9]{4}/, "2006"));
  take(/^-/, "-");
  const month = number(/^[0-9]{2}/, "01", 1, 12, "month");
  take(/^-/, "-");
  const day = Number(take(/^[0-9]{2}/, "02"));
  take(/^T/, "T");
  const hour = number(/^[0-9]{1,2}/, "15", 0, 23, "hour");
  take(/^:/, ":");
  const minute = number(/^[0-9]{2}/, "04", 0, 59, "minute");
  take(/^:/, ":");
  const second = number(/^[0-9]{2}/, "05", 0, 59, "second");
  const fraction = layout === MICRO_LAYOUT ? take(/^[.,][0-9]{6}/, ".000000") : (/^[.,][0-9]+/.exec(rest)?.[0] ?? "");
  if (layout !== MICRO_LAYOUT) rest = rest.slice(fraction.length);
  const zone = take(/^(?:Z|[+-][0-9]{2}:[0-9]{2})/, "Z07:00");
  if (rest !== "") throw new ScalarError(`parsing time ${quoted}: extra text: ${quoteBytes(rest)}`);
  if (day < 1 || day > daysIn(year, month)) throw outOfRange("day");
  const [offsetHours, offsetMinutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4, 6))];
  if (offsetHours > 24) throw outOfRange("time zone offset hour");
  if (offsetMinutes > 60) throw outOfRange("time zone offset minute");
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000 * (zone[0] === "-" ? -1 : 1);
  return { milliseconds: date.getTime() - offset, fraction: fraction.slice(1) };
}
