/** A count, or a percentage of a total ("25%"); elsewhere a port number or its name. */
export type IntOrString = number | string;

/**
 * Makes a number of it. A percentage is taken of `total` and rounded.
 * Follows GetScaledValueFromIntOrPercent of apimachinery/pkg/util/intstr.
 *
 * @throws Error for a text that is no percentage
 */
export function scaledIntOrPercent(value: IntOrString, total: number, rounding: "up" | "down"): number {
  if (typeof value === "number") return value;
  const percent = percentOf(value);
  if (percent === undefined) {
    const detail = value.endsWith("%")
      ? `invalid value "${value}": strconv.Atoi: parsing "${value.slice(0, -1)}": invalid syntax`
      : "invalid type: string is not a percentage";
    throw new Error(`invalid value for IntOrString: ${detail}`);
  }
  return rounding === "up" ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100);
}

/** The number before the percent sign. */
export function percentOf(value: IntOrString): number | undefined {
  if (typeof value === "number") return undefined;
  const match = /^([+-]?[0-9]+)%$/.exec(value);
  return match ? Number(match[1]) : undefined;
}

/** A text that is a whole number of 32 bits becomes one. (intstr.Parse) */
export function parseIntOrString(text: string): IntOrString {
  const number = Number(text);
  return /^[+-]?[0-9]+$/.test(text) && number === (number | 0) ? number | 0 : text;
}
