import { type Answer, decode, encode, type OptAnswer } from "dns-packet";
import { compress } from "./compress.ts";
import { HEADER, layoutOf, nameEnd, OPT, type Section } from "./layout.ts";

/** Numbers of the answers that this server gives by itself. (RFC 1035, 2136, 6891) */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;
export type Rcode = keyof typeof RCODE;

const FLAG = { response: 0x8000, authoritative: 0x0400, truncated: 0x0200, recursionDesired: 0x0100, checkOff: 0x0010 };
const OPCODE = 0x7800;
/** What everybody takes in one datagram, and what a message can have at all, in bytes. */
const MIN_UDP = 512;
const MAX_SIZE = 65_535;

export interface Query {
  readonly id: number;
  /** As the client spells it, without the last dot. */
  readonly name: string;
  /** As dns-packet spells it: `A`, `UNKNOWN_65`. */
  readonly type: string;
  /** `IN` */
  readonly class: string;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** Whether DNSSEC's records are wanted. */
  readonly dnssecOk: boolean;
  /** What extensions the client knows; absent: none. */
  readonly edns?: { readonly version: number; readonly size: number };
  /** Name, type and class as they came. */
  readonly question: Buffer;
}

/** A message that is no question to this server, and what to answer; undefined: nothing at all. */
export class Unanswerable extends Error {
  readonly answer: Buffer | undefined;

  constructor(answer: Buffer | undefined) {
    super("not a query");
    this.answer = answer;
  }
}

/** The message's own header as a refusal. */
function refusal(message: Buffer, rcode: Rcode): Buffer {
  const answer = Buffer.alloc(HEADER);
  answer.writeUInt16BE(message.readUInt16BE(0), 0);
  answer.writeUInt16BE(FLAG.response | (message.readUInt16BE(2) & (OPCODE | FLAG.recursionDesired)) | RCODE[rcode], 2);
  return answer;
}

/** @throws Unanswerable */
export function parseQuery(message: Buffer): Query {
  // An answer to an answer would go on for ever.
  if (message.length < HEADER || message.readUInt16BE(2) & FLAG.response) throw new Unanswerable(undefined);
  if (message.readUInt16BE(2) & OPCODE) throw new Unanswerable(refusal(message, "NOTIMP"));
  if (message.readUInt16BE(4) !== 1) throw new Unanswerable(refusal(message, "FORMERR"));
  try {
    const { questionEnd } = layoutOf(message);
    const { questions = [], additionals = [], flag_rd, flag_cd } = decode(message);
    const [question] = questions;
    if (!question) throw new Error("no question");
    const opt = additionals.find((record): record is OptAnswer => record.type === "OPT");
    return {
      id: message.readUInt16BE(0),
      name: question.name === "." ? "" : question.name,
      type: question.type,
      class: question.class ?? "IN",
      recursionDesired: flag_rd,
      checkingDisabled: flag_cd,
      dnssecOk: opt?.flag_do ?? false,
      ...(opt && { edns: { version: opt.ednsVersion, size: opt.udpPayloadSize } }),
      question: Buffer.from(message.subarray(HEADER, questionEnd)),
    };
  } catch {
    throw new Unanswerable(refusal(message, "FORMERR"));
  }
}

/** Bytes of a question as they go over the wire. */
export function questionOf(name: string, type: string): Buffer {
  // Types that dns-packet has no name for are written UNKNOWN_n.
  return encode({ questions: [{ name, type: type as "A" }] }).subarray(HEADER);
}

/** A query of one's own. */
export function encodeQuery({ id, question, recursionDesired, checkingDisabled, edns, dnssecOk }: Query): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE((recursionDesired ? FLAG.recursionDesired : 0) | (checkingDisabled ? FLAG.checkOff : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(edns ? 1 : 0, 10);
  return Buffer.concat([header, question, ...(edns ? [option(edns.size, dnssecOk, 0)] : [])]);
}

/** The record that carries extensions. @param extended upper bits of the answer's code */
function option(size: number, dnssecOk: boolean, extended: number): Buffer {
  const record = Buffer.alloc(11);
  record.writeUInt16BE(OPT, 1);
  record.writeUInt16BE(size, 3);
  record.writeUInt8(extended, 5);
  record.writeUInt8(dnssecOk ? 0x80 : 0, 7);
  return record;
}

export interface Reply {
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly Answer[];
}

/** A reply of one's own, whole; `replyFor` makes it what the client takes. */
export function encodeReply(query: Query, { rcode, authoritative, ...sections }: Reply): Buffer {
  const records = encode({
    answers: [...(sections.answers ?? [])],
    authorities: [...(sections.authorities ?? [])],
    additionals: [...(sections.additionals ?? [])],
  });
  const message = Buffer.concat([records.subarray(0, HEADER), query.question, records.subarray(HEADER)]);
  const flags =
    FLAG.response |
    (authoritative ? FLAG.authoritative : 0) |
    (query.recursionDesired ? FLAG.recursionDesired : 0) |
    (query.checkingDisabled ? FLAG.checkOff : 0) |
    (RCODE[rcode] & 15);
  message.writeUInt16BE(flags, 2);
  message.writeUInt16BE(1, 4);
  return compress(message);
}

/**
 * A reply as this client gets it: under its id, with its spelling of the question, with extensions if it knows them,
 * and no longer than it takes; records are left out from the end, and TC says when answers are among them.
 */
export function replyFor(message: Buffer, query: Query, transport: "udp" | "tcp", rcode?: Rcode): Buffer {
  const { edns } = query;
  const size = transport === "tcp" ? MAX_SIZE : Math.max(MIN_UDP, edns?.size ?? 0);
  const tail = edns ? option(edns.size, query.dnssecOk, rcode ? RCODE[rcode] >> 4 : 0) : Buffer.alloc(0);
  const { questionEnd, records } = layoutOf(message);
  // Upstream's own extensions are not this client's; nothing that matters stands after them.
  const foreign = records.findIndex(({ type }) => type === OPT);
  const kept = (foreign < 0 ? records : records.slice(0, foreign)).filter(({ end }) => end + tail.length <= size);
  const out = Buffer.concat([message.subarray(0, kept.at(-1)?.end ?? questionEnd), tail]);
  const count = (section: Section) => kept.filter((record) => record.section === section).length;
  out.writeUInt16BE(query.id, 0);
  const truncated = count("answer") < message.readUInt16BE(6) ? FLAG.truncated : 0;
  const wish = query.recursionDesired ? FLAG.recursionDesired : 0;
  out.writeUInt16BE((out.readUInt16BE(2) & ~FLAG.recursionDesired) | wish | truncated, 2);
  out.writeUInt16BE(count("answer"), 6);
  out.writeUInt16BE(count("authority"), 8);
  out.writeUInt16BE(count("additional") + (edns ? 1 : 0), 10);
  if (questionEnd - HEADER === query.question.length) query.question.copy(out, HEADER);
  return out;
}

export const isTruncated = (message: Buffer): boolean => (message.readUInt16BE(2) & FLAG.truncated) !== 0;
export const rcodeOf = (message: Buffer): number => message.readUInt16BE(2) & 15;

/** Whether a message answers a question: names may be spelled in other cases. */
export function answers(message: Buffer, id: number, question: Buffer): boolean {
  if (message.length < HEADER + question.length || message.readUInt16BE(0) !== id) return false;
  if (!(message.readUInt16BE(2) & FLAG.response)) return false;
  const asked = message.subarray(HEADER, HEADER + question.length);
  const end = nameEnd(question, 0);
  return lower(asked, end) === lower(question, end) && asked.subarray(end).equals(question.subarray(end));
}

const lower = (name: Buffer, end: number) => name.toString("latin1", 0, end).toLowerCase();
