import { type Answer, decode } from "dns-packet";
import type { Clock, Logger, Random } from "../client/index.ts";
import { AnswerCache } from "./cache.ts";
import { ClusterZone, type ClusterZoneOptions } from "./cluster-zone.ts";
import type { Upstream } from "./exchange.ts";
import { Forwarder } from "./forward.ts";
import {
  encodeReply,
  parseQuery,
  type Query,
  questionOf,
  type Rcode,
  rcodeOf,
  replyFor,
  Unanswerable,
} from "./message.ts";
import type { DnsMetrics } from "./metrics.ts";

export interface ResolverOptions extends Omit<ClusterZoneOptions, "lookup"> {
  readonly upstreams: readonly Upstream[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: DnsMetrics;
}

/** How a message came. */
export interface Arrival {
  readonly transport: "udp" | "tcp";
  readonly family: 1 | 2;
}

interface Found {
  readonly message: Buffer;
  /** Who answered, for the metrics. */
  readonly plugin: "kubernetes" | "forward" | "cache" | "";
  /** When it does not fit into a message's header. */
  readonly rcode?: Rcode;
}

/** From the bytes of a question to those of its answer: the cluster's names, then the cache, then other servers. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #zone: ClusterZone;
  readonly #forwarder: Forwarder;
  readonly #cache: AnswerCache;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#forwarder = new Forwarder(options);
    this.#cache = new AnswerCache(options.clock);
    options.metrics.observeCache(this.#cache);
    this.#zone = new ClusterZone({ ...options, lookup: (name, type) => this.#lookup(name, type) });
  }

  /** Call it once this server listens. */
  findLoops(): Promise<void> {
    return this.#forwarder.findLoops();
  }

  /** Undefined: nothing is answered. Never throws. */
  async handle(message: Buffer, arrival: Arrival): Promise<Buffer | undefined> {
    const { clock, metrics, logger } = this.#options;
    const began = clock.now().getTime();
    let query: Query;
    try {
      query = parseQuery(message);
    } catch (error) {
      return error instanceof Unanswerable ? error.answer : undefined;
    }
    let found: Found;
    try {
      found = await this.#answer(query, arrival.transport);
    } catch (error) {
      metrics.panicked();
      logger.error({ err: error, name: query.name, type: query.type }, "answering failed");
      found = this.#own(query, "SERVFAIL");
    }
    const reply = replyFor(found.message, query, arrival.transport, found.rcode);
    metrics.answered({
      ...arrival,
      type: query.type,
      rcode: rcodeOf(reply),
      plugin: found.plugin,
      seconds: (clock.now().getTime() - began) / 1000,
      requestBytes: message.length,
      responseBytes: reply.length,
      dnssecOk: query.dnssecOk,
    });
    return reply;
  }

  async #answer(query: Query, transport: "udp" | "tcp"): Promise<Found> {
    if (query.edns && query.edns.version !== 0) return { ...this.#own(query, "BADVERS"), rcode: "BADVERS" };
    if (query.class !== "IN" || query.type === "AXFR" || query.type === "IXFR") return this.#own(query, "REFUSED");
    if (this.#forwarder.isLoop(query)) return this.#own(query, "REFUSED");
    const own = await this.#zone.answer(query.name, query.type);
    if (own) {
      const reply = { ...own, answers: this.#shuffled(own.answers), authoritative: true };
      return { message: encodeReply(query, reply), plugin: "kubernetes" };
    }
    const cached = this.#cache.get(query);
    if (cached) {
      this.#options.metrics.cacheHit(cached.kind);
      return { message: cached.message, plugin: "cache" };
    }
    this.#options.metrics.cacheMiss();
    const answer = await this.#forwarder.ask(query, transport);
    if (answer === "busy") return this.#own(query, "REFUSED");
    if (!answer) return this.#own(query, "SERVFAIL");
    return { message: this.#cache.put(query, answer), plugin: "forward" };
  }

  #own(query: Query, rcode: Rcode): Found {
    return { message: encodeReply(query, { rcode, authoritative: false }), plugin: "" };
  }

  /** So that clients that take the first address take turns: aliases stay in front. (CoreDNS plugin/loadbalance) */
  #shuffled(answers: readonly Answer[]): Answer[] {
    const isAddress = ({ type }: Answer) => type === "A" || type === "AAAA" || type === "MX";
    const addresses = answers
      .filter(isAddress)
      .map((record) => ({ record, at: this.#options.random() }))
      .sort((a, b) => a.at - b.at);
    return [...answers.filter((record) => !isAddress(record)), ...addresses.map(({ record }) => record)];
  }

  async #lookup(name: string, type: "A" | "AAAA"): Promise<readonly Answer[] | undefined> {
    const query: Query = {
      id: 0,
      name,
      type,
      class: "IN",
      recursionDesired: true,
      checkingDisabled: false,
      dnssecOk: false,
      question: questionOf(name, type),
    };
    const cached = this.#cache.get(query)?.message;
    const asked = cached ? undefined : await this.#forwarder.askWhole(query);
    const message = cached ?? (asked && this.#cache.put(query, asked));
    return message && (decode(message).answers ?? []).filter((record) => record.type !== "OPT");
  }
}
