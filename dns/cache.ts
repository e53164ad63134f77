import type { Clock } from "../client/index.ts";
import { layoutOf, OPT } from "./layout.ts";
import { isTruncated, type Query, RCODE, rcodeOf } from "./message.ts";

/** Bounds of how long an answer is kept, and how long a failure is, in seconds. (CoreDNS plugin/cache, `cache 30`) */
const MAX_TTL = 30;
const MIN_TTL = 5;
const FAILURE_TTL = 5;
/** Answers of each kind that are kept; the ones in longest go first. */
const CAPACITY = 9_984;
const SOA = 6;

export type CacheKind = "success" | "denial";

interface Entry {
  readonly message: Buffer;
  /** In ms. */
  readonly until: number;
}

/** Answers of other servers. An answer's records all have the time to live that is left of it. */
export class AnswerCache {
  readonly #clock: Clock;
  readonly #entries: Readonly<Record<CacheKind, Map<string, Entry>>> = { success: new Map(), denial: new Map() };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  size(kind: CacheKind): number {
    return this.#entries[kind].size;
  }

  get(query: Query): { readonly message: Buffer; readonly kind: CacheKind } | undefined {
    const key = keyOf(query);
    const now = this.#clock.now().getTime();
    for (const kind of ["success", "denial"] as const) {
      const entry = this.#entries[kind].get(key);
      if (!entry) continue;
      if (entry.until <= now) this.#entries[kind].delete(key);
      else return { kind, message: withTtl(entry.message, Math.floor((entry.until - now) / 1000)) };
    }
    return undefined;
  }

  /** @returns the answer as it goes to the client: the first one hears no other times than those after it */
  put(query: Query, message: Buffer): Buffer {
    const kept = lifetime(message);
    if (!kept) return message;
    const entries = this.#entries[kept.kind];
    const key = keyOf(query);
    entries.delete(key);
    if (entries.size >= CAPACITY) entries.delete(entries.keys().next().value ?? "");
    entries.set(key, { message, until: this.#clock.now().getTime() + kept.seconds * 1000 });
    return withTtl(message, kept.seconds);
  }
}

const keyOf = ({ name, type, dnssecOk, checkingDisabled }: Query) =>
  `${name.toLowerCase()} ${type} ${dnssecOk} ${checkingDisabled}`;

/** Undefined: it is not kept. (CoreDNS plugin/pkg/response Typify, plugin/pkg/dnsutil MinimalTTL) */
function lifetime(message: Buffer): { kind: CacheKind; seconds: number } | undefined {
  if (isTruncated(message)) return undefined;
  const rcode = rcodeOf(message);
  if (rcode === RCODE.SERVFAIL) return { kind: "denial", seconds: FAILURE_TTL };
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return undefined;
  const { records } = layoutOf(message);
  const times = records
    .filter(({ type }) => type !== OPT)
    .map(({ type, fixed, end }) => {
      const ttl = message.readUInt32BE(fixed + 4);
      // The last number of an SOA record is for how long its zone's denials are good.
      return type === SOA ? Math.min(ttl, message.readUInt32BE(end - 4)) : ttl;
    });
  const seconds = Math.max(MIN_TTL, Math.min(MAX_TTL, ...times, ...(times.length > 0 ? [] : [MIN_TTL])));
  const isDenial = rcode === RCODE.NXDOMAIN || records.every(({ section }) => section !== "answer");
  return { kind: isDenial ? "denial" : "success", seconds };
}

function withTtl(message: Buffer, seconds: number): Buffer {
  const copy = Buffer.from(message);
  for (const { type, fixed } of layoutOf(copy).records) if (type !== OPT) copy.writeUInt32BE(seconds, fixed + 4);
  return copy;
}
