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
  const text = Buffer.from(`"resourceVersion":"${deleted}"`);
  return Buffer.concat([bytes.subarray(0, at), text, bytes.subarray(at + old.length)]);
}
