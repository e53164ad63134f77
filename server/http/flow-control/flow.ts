import type {
  FlowSchemaSpec,
  PriorityLevelConfigurationSpec,
} from "../../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import type { UserInfo } from "../../auth/authenticator.ts";
import type { Clock } from "../../storage/clock.ts";
import type { RequestInfo } from "../request-info.ts";
import type { Bounds } from "./concurrency.ts";
import { type Estimator, estimate } from "./estimate.ts";
import { type FlowControlMetrics, flowKeys } from "./metrics.ts";
import type { PriorityLevel } from "./priority-level.ts";
import type { RetryAfter } from "./retry-after.ts";
import { deal, flowHash } from "./shuffle-shard.ts";
import type { FlowKeys, Ticket } from "./ticket.ts";
import { seatsOf } from "./work.ts";

/** Users or namespaces whose queues are remembered: those that come and go would fill memory. */
const MAX_HANDS = 10_000;
const NO_HAND: readonly number[] = [];

/** A priority level: what it is configured to, and what goes on in it. */
export interface Level {
  readonly queue: PriorityLevel;
  readonly retryAfter: RetryAfter;
  readonly spec: Readonly<PriorityLevelConfigurationSpec>;
  readonly uid: string;
  readonly isExempt: boolean;
  /** Its object is gone; requests are still in it. */
  readonly isQuiescing: boolean;
  bounds: Bounds;
  /** Seats that one request may take, 0 = any number. */
  maxSeats: number;
  currentSeats: number;
  targetSeats: number;
}

export interface FlowTools extends Pick<Estimator, "watches" | "stats"> {
  readonly metrics: FlowControlMetrics;
  readonly clock: Clock;
  /** The last request of a level is gone. */
  onIdle(level: Level): void;
}

interface Request {
  readonly user: UserInfo;
  readonly requestInfo: RequestInfo;
  readonly query: URLSearchParams;
}

/** Requests of one FlowSchema, on their way into its priority level. */
export class Flow {
  readonly name: string;
  readonly spec: Readonly<FlowSchemaSpec>;
  readonly flowSchemaUid: string;
  readonly priorityLevelUid: string;
  readonly #level: Level;
  readonly #keys: FlowKeys;
  readonly #tools: FlowTools;
  readonly #estimator: Estimator;
  readonly #hands = new Map<string, readonly number[]>();

  constructor(schema: { name: string; uid: string; spec: Readonly<FlowSchemaSpec> }, level: Level, tools: FlowTools) {
    this.name = schema.name;
    this.spec = schema.spec;
    this.flowSchemaUid = schema.uid;
    this.priorityLevelUid = level.uid;
    this.#level = level;
    this.#keys = flowKeys(level.queue.name, schema.name);
    this.#tools = tools;
    const { watches, stats, metrics } = tools;
    this.#estimator = { watches, stats, onWatchCount: (count) => metrics.watchCount(this.#keys, count) };
  }

  /** @returns undefined when it is rejected; a ticket may still have to wait */
  start(request: Request): Ticket | undefined {
    const { queue, maxSeats, spec } = this.#level;
    const work = estimate(request.requestInfo, request.query, maxSeats, this.#estimator);
    this.#tools.metrics.estimated(this.#keys, seatsOf(work));
    const { queues = 0, handSize = 0 } = spec.limited?.limitResponse.queuing ?? {};
    const distinguisher = queues > 1 ? this.#distinguish(request) : "";
    const hand = queues > 0 ? this.#handOf(distinguisher, queues, handSize) : NO_HAND;
    return queue.start({ flow: this.#keys, distinguisher, hand, work, request });
  }

  /** Of a ticket that does not wait. */
  finish(ticket: Ticket): void {
    this.#level.queue.finish(ticket);
    this.#checkIdle();
  }

  /** Of a ticket that waits. */
  cancel(ticket: Ticket): void {
    this.#level.queue.cancel(ticket);
    this.#checkIdle();
  }

  /** Notes a rejection. @returns seconds after which the client may come back */
  retryAfter(): number {
    const { retryAfter } = this.#level;
    retryAfter.rejected(Math.floor(this.#tools.clock.now() / 1000));
    return retryAfter.seconds;
  }

  #checkIdle(): void {
    if (this.#level.queue.isIdle) this.#tools.onIdle(this.#level);
  }

  #distinguish({ user, requestInfo }: Request): string {
    switch (this.spec.distinguisherMethod?.type) {
      case "ByUser":
        return user.name;
      case "ByNamespace":
        return requestInfo.namespace;
      default:
        return "";
    }
  }

  #handOf(distinguisher: string, queues: number, handSize: number): readonly number[] {
    let hand = this.#hands.get(distinguisher);
    if (!hand) {
      if (this.#hands.size >= MAX_HANDS) this.#hands.clear();
      hand = deal(flowHash(this.name, distinguisher), queues, handSize);
      this.#hands.set(distinguisher, hand);
    }
    return hand;
  }
}
