/** Names and values in turn, as a request came with them. Node joins repeated headers with commas, which groups may hold. */
export type RawHeaders = readonly string[];

/** Values by lower-case name, each as it was sent. Go writes UTF-8, and Node reads each byte as a character. */
export function valuesByName(raw: RawHeaders): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const value = Buffer.from(raw[i + 1]!, "latin1").toString("utf8");
    const known = values.get(name);
    if (known) known.push(value);
    else values.set(name, [value]);
  }
  return values;
}

/** What stands in the names of headers behind a prefix, with their values. A key that is not properly escaped is taken as it is. */
export function extraOf(
  headers: ReadonlyMap<string, readonly string[]>,
  prefixes: readonly string[],
): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const prefix of prefixes) {
    for (const [name, values] of headers) {
      if (!name.startsWith(prefix)) continue;
      const key = unescapeKey(name.slice(prefix.length));
      extra[key] = [...(extra[key] ?? []), ...values];
    }
  }
  return extra;
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
