import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";

/** Of names in the IANA database: letters of its cases, with the year-zero zones that programs use. */
const PART = /^[A-Za-z._0-9+-]{1,14}$/;
let known: ReadonlySet<string> | undefined;

/** (validateTimeZone of pkg/apis/batch/validation) */
export function validateTimeZone(timeZone: string | undefined, field: string): FieldError[] {
  if (timeZone === undefined) return [];
  if (timeZone === "") return [fieldInvalid(field, timeZone, "timeZone must be nil or non-empty string")];
  const unknown = fieldInvalid(field, timeZone, `unknown time zone ${timeZone}`);
  const parts = timeZone.split("/");
  if (parts.some((part) => part === "." || part === ".." || part.startsWith("-") || !PART.test(part))) return [unknown];
  if (timeZone.toLowerCase() === "local") {
    const detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    const errors = [fieldInvalid(field, timeZone, detail)];
    return timeZone === "Local" ? errors : [...errors, unknown];
  }
  return isTimeZone(timeZone) ? [] : [unknown];
}

/** The runtime knows aliases too, but takes any case: names of zones are case-sensitive elsewhere. */
export function isTimeZone(name: string): boolean {
  known ??= new Set(["UTC", ...Intl.supportedValuesOf("timeZone")]);
  if (known.has(name)) return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch {
    return false;
  }
  return !/^[a-z]/.test(name) && !/^[+-]/.test(name);
}
