/** A float64 as Go's `%v` prints it: with an exponent of two digits below 1e-4 and from a million on. (strconv, 'g') */
export function goFloat(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}
