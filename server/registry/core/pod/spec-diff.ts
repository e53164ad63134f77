import { semanticEqual } from "../../../meta/equality.ts";

/**
 * The lines in which two specs differ, for people. Upstream prints a diff of Go structs here, whose form changes from
 * release to release; what counts is that it names each member with the old and the new value.
 */
export function specDiff(old: object, now: object): string {
  const lines = ["  {"];
  // The casts: looked at by name.
  const before = old as Readonly<Record<string, unknown>>;
  const after = now as Readonly<Record<string, unknown>>;
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (semanticEqual(before[name], after[name])) continue;
    if (before[name] !== undefined) lines.push(`- \t${name}: ${JSON.stringify(before[name])},`);
    if (after[name] !== undefined) lines.push(`+ \t${name}: ${JSON.stringify(after[name])},`);
  }
  return `${[...lines, "  }"].join("\n")}\n`;
}
