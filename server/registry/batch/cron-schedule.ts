import { durationMilliseconds } from "../../meta/duration.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { isTimeZone } from "./time-zone.ts";

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  {
    min: 1,
    max: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { min: 0, max: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const DESCRIPTORS = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/** What is wrong with a schedule, in the words of the parser that upstream uses (robfig/cron v3, ParseStandard). */
export function scheduleError(schedule: string): string | undefined {
  try {
    parse(schedule);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function parse(schedule: string): void {
  if (schedule === "") throw new Error("empty spec string");
  let rest = schedule;
  const zone = /^(?:CRON_)?TZ=(\S*)\s?/.exec(schedule);
  if (zone) {
    if (!schedule.includes(" "))
      throw new Error("invalid schedule format: runtime error: slice bounds out of range [:-1]");
    const name = zone[1] ?? "";
    if (!isTimeZone(name) && name !== "" && name !== "Local") {
      throw new Error(`provided bad location ${name}: unknown time zone ${name}`);
    }
    rest = schedule.slice(zone[0].length).trim();
  }
  if (rest.startsWith("@")) return parseDescriptor(rest);
  const fields = rest.split(/\s+/).filter(Boolean);
  if (fields.length !== FIELDS.length) {
    throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`);
  }
  for (const [i, field] of fields.entries()) {
    const bounds = FIELDS[i];
    // Empty parts of a list are dropped.
    if (bounds) for (const range of field.split(",").filter(Boolean)) parseRange(range, bounds);
  }
}

function parseDescriptor(text: string): void {
  if (DESCRIPTORS.includes(text)) return;
  if (!text.startsWith("@every ")) throw new Error(`unrecognized descriptor: ${text}`);
  const duration = text.slice("@every ".length);
  try {
    durationMilliseconds(duration);
  } catch (error) {
    throw new Error(`failed to parse duration ${text}: ${(error as Error).message}`);
  }
}

/** `*`, `?`, `5`, `1-5`, each with `/step`. */
function parseRange(text: string, bounds: Bounds): void {
  const steps = text.split("/");
  const ends = (steps[0] ?? "").split("-");
  const single = ends.length === 1;
  let start: number;
  let end: number;
  if (ends[0] === "*" || ends[0] === "?") {
    start = bounds.min;
    end = bounds.max;
  } else {
    start = parseValue(ends[0] ?? "", bounds);
    if (ends.length > 2) throw new Error(`too many hyphens: ${text}`);
    end = single ? start : parseValue(ends[1] ?? "", bounds);
  }
  let step = 1;
  if (steps.length > 2) throw new Error(`too many slashes: ${text}`);
  if (steps.length === 2) {
    step = parseNumber(steps[1] ?? "");
    if (single) end = bounds.max;
  }
  if (start < bounds.min) throw new Error(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`);
  if (end > bounds.max) throw new Error(`end of range (${end}) above maximum (${bounds.max}): ${text}`);
  if (start > end) throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new Error(`step of range should be a positive number: ${text}`);
}

function parseValue(text: string, { min, names }: Bounds): number {
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  return index >= 0 ? index + min : parseNumber(text);
}

function parseNumber(text: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) {
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`);
  }
  const number = Number(text);
  if (number < 0) throw new Error(`negative number (${number}) not allowed: ${text}`);
  return number;
}
