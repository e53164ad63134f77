/** A count, or a percentage of a total ("25%"); elsewhere a port number or its name. */
export type IntOrString = number | string;

/** The number before the percent sign. */
export function percentOf(value: IntOrString): number | undefined {
  if (typeof value === "number") return undefined;
  const match = /^([+-]?[0-9]+)%$/.exec(value);
  return match ? Number(match[1]) : undefined;
}
