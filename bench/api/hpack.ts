/** The little of HPACK (RFC 7541) that a client needs which keeps no table: literals out, the status in. */

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  /** Of the body. */
  readonly type?: string;
  /** Bytes of the body; absent: there is none. */
  readonly length: number | undefined;
}

/** Indexes of names in the static table. */
const [AUTHORITY, METHOD, PATH, ACCEPT, CONTENT_LENGTH, CONTENT_TYPE] = [1, 2, 4, 19, 28, 31];
/** Each of these entries of the static table is named `:status`: Node takes the first for a name, Go the last. */
const [FIRST_STATUS, LAST_STATUS] = [8, 14];
const HTTPS = 0x87;
/** Literals "without indexing" carry their index in so many bits. */
const INDEX_BITS = 0x0f;

export function encodeHeaders({ method, path, authority, type, length }: RequestHead): Buffer {
  const out: number[] = [HTTPS];
  literal(out, METHOD as number, method);
  literal(out, PATH as number, path);
  literal(out, AUTHORITY as number, authority);
  literal(out, ACCEPT as number, "application/json");
  if (type) literal(out, CONTENT_TYPE as number, type);
  if (length !== undefined) literal(out, CONTENT_LENGTH as number, String(length));
  return Buffer.from(out);
}

function literal(out: number[], index: number, value: string): void {
  integer(out, index, INDEX_BITS);
  integer(out, value.length, 0x7f);
  for (let i = 0; i < value.length; i++) out.push(value.charCodeAt(i));
}

function integer(out: number[], value: number, limit: number): void {
  if (value < limit) {
    out.push(value);
    return;
  }
  out.push(limit);
  let rest = value - limit;
  for (; rest >= 0x80; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
  out.push(rest);
}

/** The statuses that have an index of their own. */
const INDEXED: Readonly<Record<number, number>> = {
  136: 200,
  137: 204,
  138: 206,
  139: 304,
  140: 400,
  141: 404,
  142: 500,
};

/** The status at the start of a block of headers; 0 when it is not there. */
export function statusIn(block: Buffer): number {
  let at = 0;
  while (((block[at] ?? 0) & 0xe0) === 0x20) at++; // sizes of the table, which stay below 31
  const first = block[at] ?? 0;
  if (first & 0x80) return INDEXED[first] ?? 0;
  const name = first & (first & 0x40 ? 0x3f : INDEX_BITS);
  if (name < FIRST_STATUS || name > LAST_STATUS) return 0;
  const length = block[at + 1] ?? 0;
  const text = block.subarray(at + 2, at + 2 + (length & 0x7f));
  return Number(length & 0x80 ? huffmanDigits(text) : text.toString("latin1"));
}

/** Digits in Huffman's code: 0 to 2 have five bits, the others six, which begin with 011001. */
function huffmanDigits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let text = "";
  for (let at = 0; at + 5 <= bits.length && text.length < 3; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2);
    if (five <= 2) {
      text += five;
      at += 5;
    } else {
      text += Number.parseInt(bits.slice(at, at + 6), 2) - 0x19 + 3;
      at += 6;
    }
  }
  return text;
}
