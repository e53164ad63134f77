import type { Process } from "../behaviour.ts";
import { flagsOf } from "./command.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** (busybox coreutils/date.c) */
export async function date({ args, clock, stdout, stderr }: Process): Promise<number> {
  const { flags, rest } = flagsOf(args, "dD");
  const wanted = flags.get("d");
  const time = wanted === undefined ? clock.now() : timeOf(wanted);
  if (!time) {
    stderr.write(`date: invalid date '${wanted}'\n`);
    return 1;
  }
  const form = flags.has("R") ? "%a, %d %b %Y %T +0000" : "%a %b %e %H:%M:%S UTC %Y";
  stdout.write(`${formatDate(time, rest.find((arg) => arg.startsWith("+"))?.slice(1) ?? form)}\n`);
  return 0;
}

/** `@SECONDS`, or a date with or without a time, in UTC as the container's clock. */
function timeOf(text: string): Date | undefined {
  const seconds = /^@(\d+)$/.exec(text)?.[1];
  const [, day, time] = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?$/.exec(text) ?? [];
  const date = new Date(seconds === undefined ? `${day}T${time ?? "00:00"}Z` : Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** As strftime(3), in UTC. */
export function formatDate(date: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const fields: Readonly<Record<string, string>> = {
    Y: String(date.getUTCFullYear()),
    m: two(date.getUTCMonth() + 1),
    d: two(date.getUTCDate()),
    e: String(date.getUTCDate()).padStart(2),
    H: two(date.getUTCHours()),
    M: two(date.getUTCMinutes()),
    S: two(date.getUTCSeconds()),
    N: `${String(date.getUTCMilliseconds()).padStart(3, "0")}000000`,
    s: String(Math.floor(date.getTime() / 1000)),
    F: date.toISOString().slice(0, 10),
    T: date.toISOString().slice(11, 19),
    Z: "UTC",
    z: "+0000",
    a: DAYS[date.getUTCDay()] ?? "",
    b: MONTHS[date.getUTCMonth()] ?? "",
    "%": "%",
  };
  return format.replaceAll(/%(.)/g, (whole, letter: string) => fields[letter] ?? whole);
}
