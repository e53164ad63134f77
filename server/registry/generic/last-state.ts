/**
 * What watchers see of an object that was deleted: its last state, at the revision of its end. Made from the bytes alone:
 * a namespace takes thousands of objects along. Nothing that a client chooses stands before the revision unescaped: names
 * and the uid alone do, in Go's order of fields, which all kinds but custom ones are stored in.
 * @throws Error when the revision is not inside
 */
export function lastState(json: Uint8Array, revision: number, deleted: number): Uint8Array {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  const old = `"resourceVersion":"${revision}"`;
  const at = bytes.indexOf(old);
  if (at < 0) throw new Error(`stored without its revision ${revision}`);
  const text = `"resourceVersion":"${deleted}"`;
  const after = at + old.length;
  // The storage keeps it: a piece of the block that small Buffers share would be copied once more there.
  const last = Buffer.allocUnsafeSlow(at + text.length + bytes.length - after);
  bytes.copy(last, 0, 0, at);
  last.write(text, at, "latin1");
  bytes.copy(last, at + text.length, after);
  return last;
}
