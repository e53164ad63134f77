/** Structural equality of wire JSON; a member that is undefined counts as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => deepEqual(item, b[i]));
  // Both are plain objects of parsed JSON here.
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => deepEqual(left[key], right[key]));
}

/** As `deepEqual`, but "" 0 false [] {} count as absent too: how Go sees a status with omitempty fields. */
export function sameStatus(a: unknown, b: unknown): boolean {
  return deepEqual(withoutZeros(a), withoutZeros(b));
}

function withoutZeros(value: unknown): unknown {
  if (value === 0 || value === "" || value === false || value === null) return undefined;
  if (Array.isArray(value)) return value.length ? value.map(withoutZeros) : undefined;
  if (typeof value !== "object") return value;
  const entries = Object.entries(value)
    .map(([key, member]) => [key, withoutZeros(member)] as const)
    .filter(([, member]) => member !== undefined);
  return entries.length ? Object.fromEntries(entries) : undefined;
}

/** JSON with sorted keys: the same for equal values. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
