import { free, member, type Overload } from "../overload.ts";
import { Duration, fail, intOf, parsers, Timestamp } from "../values.ts";

const SECOND = 1_000_000_000n;
const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: SECOND,
  m: 60n * SECOND,
  h: 3600n * SECOND,
};
const FIRST = BigInt(Date.parse("0001-01-01T00:00:00Z")) * 1_000_000n;
const LAST = BigInt(Date.parse("9999-12-31T23:59:59Z")) * 1_000_000n + 999_999_999n;

/** Reads a Go duration such as `1h30m`. @returns undefined when it is none. */
export function parseDuration(text: string): Duration | undefined {
  const body = text.replace(/^[+-]/, "");
  if (body === "0") return new Duration(0n);
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let nanos = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of body.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = UNITS[unit] ?? 0n;
    nanos += BigInt(whole || "0") * scale;
    if (fraction) nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  if (text.startsWith("-")) nanos = -nanos;
  return BigInt.asIntN(64, nanos) === nanos ? new Duration(nanos) : undefined;
}

/** Reads RFC 3339. @returns undefined when it is not, or beyond the years 1 to 9999. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!found) return undefined;
  const [, moment = "", fraction = "", zone = ""] = found;
  const plain = Date.parse(`${moment}Z`);
  // Date rolls 31 February over; Go does not.
  if (Number.isNaN(plain) || !new Date(plain).toISOString().startsWith(moment)) return undefined;
  const nanos = BigInt(Date.parse(`${moment}${zone}`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
  return nanos < FIRST || nanos > LAST ? undefined : new Timestamp(nanos);
}
parsers.bytes = (text) => Uint8Array.from(Buffer.from(text, "base64"));
parsers.duration = (text) => parseDuration(text) ?? fail(`time: invalid duration "${text}"`);
parsers.timestamp = (text) =>
  parseTimestamp(text.length === 10 ? `${text}T00:00:00Z` : text) ?? fail(`parsing time "${text}"`);

const fractionOf = (nanos: bigint) => nanos.toString().padStart(9, "0").replace(/0+$/, "");

/** As Go prints it in RFC 3339 with the fraction needed. */
export function formatTimestamp({ nanos }: Timestamp): string {
  const fraction = ((nanos % SECOND) + SECOND) % SECOND;
  const moment = new Date(Number((nanos - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  return fraction === 0n ? `${moment}Z` : `${moment}.${fractionOf(fraction)}Z`;
}
/** Seconds, as string(duration) prints them: `1.5s`. */
export function formatDuration({ nanos }: Duration): string {
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = size % SECOND;
  return `${nanos < 0n ? "-" : ""}${size / SECOND}${fraction === 0n ? "" : `.${fractionOf(fraction)}`}s`;
}

export function checkedDuration(nanos: bigint): Duration {
  return BigInt.asIntN(64, nanos) === nanos ? new Duration(nanos) : fail("integer overflow");
}
export function checkedTimestamp(nanos: bigint): Timestamp {
  return nanos < FIRST || nanos > LAST ? fail("timestamp overflow") : new Timestamp(nanos);
}

/** The wall clock of a zone, in a Date whose UTC fields are to be read. */
function inZone({ nanos }: Timestamp, zone: string): Date {
  const fraction = ((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const time = Number((nanos - fraction) / 1_000_000n);
  const offset = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (offset) {
    const [, sign, hours, minutes] = offset;
    return new Date(time + (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000);
  }
  if (zone === "" || zone === "UTC") return new Date(time);
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const at = (name: string) => part[name] ?? 0;
    return new Date(
      Date.UTC(
        at("year"),
        at("month") - 1,
        at("day"),
        at("hour"),
        at("minute"),
        at("second"),
        new Date(time).getUTCMilliseconds(),
      ),
    );
  } catch {
    return fail(`unknown time zone ${zone}`);
  }
}

const getter = (name: string, id: string, read: (date: Date) => number): Overload[] => [
  member(name, `timestamp_to_${id}`, "timestamp -> int", (t: Timestamp) => read(inZone(t, ""))),
  member(name, `timestamp_to_${id}_with_tz`, "timestamp, string -> int", (t: Timestamp, zone: string) =>
    read(inZone(t, zone)),
  ),
];
const span = (name: string, id: string, unit: bigint) =>
  member(name, `duration_to_${id}`, "duration -> int", (d: Duration) => intOf(d.nanos / unit));
const YEAR_START = (date: Date) => Date.UTC(date.getUTCFullYear(), 0, 1);

/** Dates and their parts. (cel-go/common/stdlib) */
export const timeLibrary: readonly Overload[] = [
  ...getter("getFullYear", "year", (date) => date.getUTCFullYear()),
  ...getter("getMonth", "month", (date) => date.getUTCMonth()),
  ...getter("getDayOfYear", "day_of_year", (date) => Math.floor((date.getTime() - YEAR_START(date)) / 86_400_000)),
  ...getter("getDayOfMonth", "day_of_month", (date) => date.getUTCDate() - 1),
  ...getter("getDate", "day_of_month_1_based", (date) => date.getUTCDate()),
  ...getter("getDayOfWeek", "day_of_week", (date) => date.getUTCDay()),
  ...getter("getHours", "hours", (date) => date.getUTCHours()),
  ...getter("getMinutes", "minutes", (date) => date.getUTCMinutes()),
  ...getter("getSeconds", "seconds", (date) => date.getUTCSeconds()),
  ...getter("getMilliseconds", "milliseconds", (date) => date.getUTCMilliseconds()),
  span("getHours", "hours", 3600n * SECOND),
  span("getMinutes", "minutes", 60n * SECOND),
  span("getSeconds", "seconds", SECOND),
  member("getMilliseconds", "duration_to_milliseconds", "duration -> int", (d: Duration) =>
    intOf((d.nanos / 1_000_000n) % 1000n),
  ),
  free("timestamp", "timestamp_to_timestamp", "timestamp -> timestamp", (t) => t),
  free(
    "timestamp",
    "string_to_timestamp",
    "string -> timestamp",
    (text: string) =>
      parseTimestamp(text) ?? fail("type conversion error from 'string' to 'google.protobuf.Timestamp'"),
  ),
  free("timestamp", "int64_to_timestamp", "int -> timestamp", (seconds: number | bigint) =>
    checkedTimestamp(BigInt(seconds) * SECOND),
  ),
  free("duration", "duration_to_duration", "duration -> duration", (d) => d),
  free(
    "duration",
    "string_to_duration",
    "string -> duration",
    (text: string) => parseDuration(text) ?? fail("type conversion error from 'string' to 'google.protobuf.Duration'"),
  ),
  free("duration", "int64_to_duration", "int -> duration", (nanos: number | bigint) => checkedDuration(BigInt(nanos))),
  free("_+_", "add_timestamp_duration", "timestamp, duration -> timestamp", (t: Timestamp, d: Duration) =>
    checkedTimestamp(t.nanos + d.nanos),
  ),
  free("_+_", "add_duration_timestamp", "duration, timestamp -> timestamp", (d: Duration, t: Timestamp) =>
    checkedTimestamp(t.nanos + d.nanos),
  ),
  free("_+_", "add_duration_duration", "duration, duration -> duration", (a: Duration, b: Duration) =>
    checkedDuration(a.nanos + b.nanos),
  ),
  free("_-_", "subtract_timestamp_timestamp", "timestamp, timestamp -> duration", (a: Timestamp, b: Timestamp) =>
    checkedDuration(a.nanos - b.nanos),
  ),
  free("_-_", "subtract_timestamp_duration", "timestamp, duration -> timestamp", (t: Timestamp, d: Duration) =>
    checkedTimestamp(t.nanos - d.nanos),
  ),
  free("_-_", "subtract_duration_duration", "duration, duration -> duration", (a: Duration, b: Duration) =>
    checkedDuration(a.nanos - b.nanos),
  ),
];
