// Names are nearly always ASCII, where order of UTF-16 units and of bytes agree.
const beyondAscii = /[^\0-\x7f]/;

/** A string that `<` and `startsWith` treat as the key's UTF-8 bytes: the order etcd and SQLite sort keys in. */
export function byteOrder(key: string): string {
  return beyondAscii.test(key) ? Buffer.from(key, "utf8").toString("latin1") : key;
}

/** For `sort`. Both sides come from `byteOrder`. */
export function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
