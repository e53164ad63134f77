import type { Clock, Logger, Random } from "../client/index.ts";
import { exchange, type Upstream, upstreamName } from "./exchange.ts";
import { encodeQuery, isTruncated, type Query, questionOf, rcodeOf } from "./message.ts";
import type { DnsMetrics } from "./metrics.ts";

/** How long one server and all of them together may take, in ms; queries at once. (CoreDNS plugin/forward) */
const READ_LIMIT = 2_000;
const WHOLE_LIMIT = 5_000;
const MAX_CONCURRENT = 1_000;
const ID_COUNT = 65_536;

export interface ForwarderOptions {
  readonly upstreams: readonly Upstream[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: DnsMetrics;
}

/** Asks other servers, in random order until one answers. */
export class Forwarder {
  readonly #options: ForwarderOptions;
  #upstreams: readonly Upstream[];
  /** Names of the queries that show a loop, and who was asked. */
  readonly #probes = new Map<string, Upstream>();
  #running = 0;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#upstreams = options.upstreams;
  }

  /** Undefined when nobody answers; "busy" when too many ask at once. */
  async ask(query: Query, transport: "udp" | "tcp"): Promise<Buffer | "busy" | undefined> {
    const { clock, random, metrics } = this.#options;
    if (this.#upstreams.length === 0) return undefined;
    if (this.#running >= MAX_CONCURRENT) {
      metrics.rejected();
      return "busy";
    }
    this.#running++;
    const end = clock.now().getTime() + WHOLE_LIMIT;
    try {
      const order = this.#upstreams.map((upstream) => ({ upstream, at: random() })).sort((a, b) => a.at - b.at);
      for (const { upstream } of order) {
        const left = end - clock.now().getTime();
        const answer = left > 0 && (await this.#askOne(upstream, query, transport, Math.min(READ_LIMIT, left)));
        if (answer) return answer;
      }
      return undefined;
    } finally {
      this.#running--;
    }
  }

  /** For one's own purposes: nobody waits with a small buffer. */
  async askWhole(query: Query): Promise<Buffer | undefined> {
    const answer = await this.ask(query, "udp");
    if (answer === "busy" || !answer) return undefined;
    if (!isTruncated(answer)) return answer;
    const whole = await this.ask(query, "tcp");
    return whole === "busy" ? undefined : whole;
  }

  async #askOne(upstream: Upstream, query: Query, transport: "udp" | "tcp", limit: number) {
    const { random, clock, metrics, logger } = this.#options;
    const id = Math.floor(random() * ID_COUNT);
    const began = clock.now().getTime();
    try {
      const answer = await exchange(upstream, transport, encodeQuery({ ...query, id }), query.question, limit);
      metrics.forwarded(upstreamName(upstream), rcodeOf(answer), (clock.now().getTime() - began) / 1000);
      return answer;
    } catch (error) {
      logger.debug({ err: error, upstream: upstreamName(upstream), name: query.name }, "no answer");
      return undefined;
    }
  }

  /**
   * Asks each server for a name that only it is asked for. When that question comes back here, what is forwarded there
   * would go round for ever: it is not asked again. (CoreDNS plugin/loop)
   */
  async findLoops(): Promise<void> {
    await Promise.all(
      this.#options.upstreams.map(async (upstream) => {
        const name = `${this.#digits()}.${this.#digits()}`;
        this.#probes.set(name, upstream);
        const query: Query = {
          id: 0,
          name,
          type: "HINFO",
          class: "IN",
          recursionDesired: true,
          checkingDisabled: false,
          dnssecOk: false,
          question: questionOf(name, "HINFO"),
        };
        await this.#askOne(upstream, query, "udp", READ_LIMIT);
      }),
    );
  }

  /** Looks whether a question that came in is one of those. @returns whether it is */
  isLoop({ name, type }: Query): boolean {
    const upstream = type === "HINFO" ? this.#probes.get(name) : undefined;
    if (!upstream) return false;
    if (this.#upstreams.includes(upstream)) {
      const name = upstreamName(upstream);
      this.#options.logger.error({ upstream: name }, "queries to this server come back here; it is not asked again");
      this.#upstreams = this.#upstreams.filter((each) => each !== upstream);
    }
    return true;
  }

  #digits(): string {
    return String(Math.floor(this.#options.random() * Number.MAX_SAFE_INTEGER));
  }
}
