const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const PART = /^([0-9]*)(\.[0-9]*)?([^0-9.]*)/;
const MAX = 2n ** 63n;

/**
 * Parses a Go duration such as `1h30m` or `-1.5ms` into nanoseconds. (time.ParseDuration)
 *
 * @throws Error in Go's words
 */
export function parseDuration(text: string): bigint {
  const invalid = () => new Error(`time: invalid duration ${quoteDuration(text)}`);
  const negative = text.startsWith("-");
  let rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === "0") return 0n;
  if (!rest) throw invalid();
  let total = 0n;
  while (rest) {
    const [part = "", digits = "", fraction = "", unit = ""] = PART.exec(rest) ?? [];
    if (!digits && fraction.length < 2) throw invalid();
    if (!unit) throw new Error(`time: missing unit in duration ${quoteDuration(text)}`);
    const size = Object.hasOwn(NANOSECONDS, unit) ? NANOSECONDS[unit] : undefined;
    if (!size) throw new Error(`time: unknown unit ${quoteDuration(unit)} in duration ${quoteDuration(text)}`);
    // More decimals than a nanosecond of an hour can show do not count.
    const decimals = fraction.slice(1, 19);
    total += BigInt(digits || "0") * size + (BigInt(decimals || "0") * size) / 10n ** BigInt(decimals.length);
    if (total > MAX) throw invalid();
    rest = rest.slice(part.length);
  }
  if (!negative && total === MAX) throw invalid();
  return negative ? -total : total;
}

/** Go's time package quotes plainly: bytes beyond ASCII and control characters as \\x. */
function quoteDuration(text: string): string {
  let out = "";
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte >= 0x80) out += `\\x${byte.toString(16).padStart(2, "0")}`;
    else out += character === '"' || character === "\\" ? `\\${character}` : character;
  }
  return `"${out}"`;
}

/** Prints nanoseconds as Go does: `1h30m0s`, `1.5ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (value < 1_000_000_000n) {
    const [unit, size] = value < 1_000n ? ["ns", 1n] : value < 1_000_000n ? ["\u00b5s", 1_000n] : ["ms", 1_000_000n];
    return `${sign}${decimal(value, size as bigint)}${unit}`; // the tuple's second member
  }
  const seconds = decimal(value % NANOSECONDS.m!, NANOSECONDS.s!);
  const minutes = value / NANOSECONDS.m!;
  if (minutes === 0n) return `${sign}${seconds}s`;
  return minutes < 60n ? `${sign}${minutes}m${seconds}s` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}s`;
}

function decimal(value: bigint, size: bigint): string {
  const fraction = (value % size).toString().padStart(size.toString().length - 1, "0");
  const decimals = size === 1n ? "" : fraction.replace(/0+$/, "");
  return decimals ? `${value / size}.${decimals}` : `${value / size}`;
}

/** Milliseconds of a Go duration. @throws Error in Go's words */
export function durationMilliseconds(text: string): number {
  return Number(parseDuration(text)) / 1e6;
}

/** An age as tables show it, with two or three significant figures. (HumanDuration of apimachinery/pkg/util/duration) */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  // The clocks of two machines may differ a little.
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return pair(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 2920 ? pair(years, "y", days % 365, "d") : `${years}y`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small ? `${large}${largeUnit}${small}${smallUnit}` : `${large}${largeUnit}`;
}
