import type { Command, Option } from "commander";

/**
 * The flags of a command with their values, as Go's pflag prints them: what `/flagz` shows.
 * @param durations parsers whose results are times, and how many milliseconds one of theirs is
 */
export function flagValues(command: Command, durations: ReadonlyMap<unknown, number>): Record<string, string> {
  const values = command.options.map((option): [string, string] => {
    const value: unknown = command.getOptionValue(option.attributeName());
    const unit = durations.get(option.parseArg);
    return [nameOf(option), typeof value === "number" && unit ? goDuration(value * unit) : printed(value)];
  });
  return Object.fromEntries(values);
}

function nameOf({ long, negate }: Option): string {
  const name = long?.replace(/^--/, "") ?? "";
  return negate ? name.replace(/^no-/, "") : name;
}

function printed(value: unknown): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return `[${value.map((each) => (each instanceof RegExp ? each.source : each)).join(",")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if ("first" in value && "last" in value) return `${value.first}-${value.last}`;
  return Object.entries(value)
    .map(([key, member]) => `${key}=${member}`)
    .join(",");
}

/** `1h0m0s`, `1m30s`, `500ms`. */
function goDuration(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < 1000) return `${milliseconds}ms`;
  const total = milliseconds / 1000;
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  const rest = `${Number((total % 60).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
