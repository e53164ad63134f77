/** Where everything is in a DNS message, without a copy of anything. (RFC 1035 section 4) */

/** Bytes before the question. */
export const HEADER = 12;
const POINTER = 0xc0;
/** Bytes between a record's name and its data: type, class, time to live, length. */
const FIXED = 10;
export const OPT = 41;

export type Section = "answer" | "authority" | "additional";

export interface RecordPlace {
  readonly section: Section;
  readonly type: number;
  /** Of its name. */
  readonly start: number;
  /** Of its type; its time to live is 4 bytes further. */
  readonly fixed: number;
  readonly data: number;
  readonly end: number;
}

export interface Layout {
  readonly questionEnd: number;
  readonly records: readonly RecordPlace[];
}

/** First byte after a name. @throws Error when the message ends before it does */
export function nameEnd(message: Buffer, start: number): number {
  for (let at = start; ; ) {
    const length = message.readUInt8(at);
    if (length === 0) return at + 1;
    if ((length & POINTER) === POINTER) {
      message.readUInt16BE(at);
      return at + 2;
    }
    at += length + 1;
  }
}

/** @throws Error when it is not a whole message */
export function layoutOf(message: Buffer): Layout {
  let at = HEADER;
  for (let n = message.readUInt16BE(4); n > 0; n--) at = nameEnd(message, at) + 4;
  const questionEnd = at;
  const records: RecordPlace[] = [];
  for (const [index, section] of (["answer", "authority", "additional"] as const).entries()) {
    for (let n = message.readUInt16BE(6 + 2 * index); n > 0; n--) {
      const start = at;
      const fixed = nameEnd(message, at);
      const data = fixed + FIXED;
      const end = data + message.readUInt16BE(fixed + 8);
      if (end > message.length) throw new Error("message ends inside a record");
      records.push({ section, type: message.readUInt16BE(fixed), start, fixed, data, end });
      at = end;
    }
  }
  if (questionEnd > message.length) throw new Error("message ends inside its question");
  return { questionEnd, records };
}
