import { HEADER, layoutOf, nameEnd } from "./layout.ts";

/** Where names are in the data of a record, by its type: only of these may they be shortened. (RFC 3597 section 4) */
const NAMES_AT: Readonly<Record<number, { readonly skip: number; readonly names: number }>> = {
  2: { skip: 0, names: 1 }, // NS
  5: { skip: 0, names: 1 }, // CNAME
  6: { skip: 0, names: 2 }, // SOA
  12: { skip: 0, names: 1 }, // PTR
  15: { skip: 2, names: 1 }, // MX
};
/** A pointer has 14 bits. */
const REACH = 0x4000;

/**
 * The same message with each name that ends as an earlier one pointing there: so that what a Service has behind it goes
 * into one datagram. dns-packet writes every name out.
 */
export function compress(message: Buffer): Buffer {
  const { questionEnd, records } = layoutOf(message);
  const out = Buffer.alloc(message.length);
  let at = message.copy(out, 0, 0, questionEnd);
  const known = new Map<string, number>();

  const writeName = (start: number): number => {
    let from = start;
    for (;;) {
      const length = message.readUInt8(from);
      if (length === 0) {
        at = out.writeUInt8(0, at);
        return from + 1;
      }
      const rest = message.toString("latin1", from, nameEnd(message, from));
      const target = known.get(rest);
      if (target !== undefined) {
        at = out.writeUInt16BE(0xc000 | target, at);
        return nameEnd(message, from);
      }
      if (at < REACH) known.set(rest, at);
      at += message.copy(out, at, from, from + length + 1);
      from += length + 1;
    }
  };

  if (questionEnd > HEADER) {
    // The question stays as it is; its ends are what most names end with.
    const end = nameEnd(message, HEADER);
    for (let from = HEADER; message.readUInt8(from) !== 0; from += message.readUInt8(from) + 1) {
      known.set(message.toString("latin1", from, end), from);
    }
  }
  for (const { type, start, fixed, data, end } of records) {
    writeName(start);
    at += message.copy(out, at, fixed, data);
    const begin = at;
    const { skip, names } = NAMES_AT[type] ?? { skip: 0, names: 0 };
    let from = data + skip;
    at += message.copy(out, at, data, from);
    for (let n = 0; n < names; n++) from = writeName(from);
    at += message.copy(out, at, from, end);
    out.writeUInt16BE(at - begin, begin - 2);
  }
  return out.subarray(0, at);
}
