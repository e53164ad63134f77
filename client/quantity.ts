const SUFFIX: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const parsed = new Map<string, number>();

/** A quantity as a number; the API server has checked its form. Remembers what it parsed: clusters use few values. */
export function quantity(text: string | number): number {
  if (typeof text === "number") return text;
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const [, number = "0", suffix = ""] = /^([+-]?[0-9.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(text) ?? [];
  const value = Number(number) * (SUFFIX[suffix] ?? 1);
  if (parsed.size < 10_000) parsed.set(text, value);
  return value;
}
