/**
 * Which items have the key of an earlier one, by index. Lists are as long as a request may be, so nothing may compare
 * each with each.
 */
export function repeated<T>(items: readonly T[], keyOf: (item: T) => unknown): ReadonlySet<number> {
  const seen = new Set<unknown>();
  const found = new Set<number>();
  for (const [index, item] of items.entries()) {
    const key = keyOf(item);
    if (seen.has(key)) found.add(index);
    else seen.add(key);
  }
  return found;
}
