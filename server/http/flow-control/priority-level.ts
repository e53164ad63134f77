import type { UserInfo } from "../../auth/authenticator.ts";
import type { Clock } from "../../storage/clock.ts";
import type { RequestInfo } from "../request-info.ts";
import { type LevelRatios, levelRatios } from "./level-ratios.ts";
import { SeatDemand } from "./seat-demand.ts";
import { seatsOf, type Work } from "./work.ts";

/** What upstream takes a request to last before it is known, in milliseconds. */
const GUESSED_DURATION = 3;

export interface Queuing {
  readonly queues: number;
  readonly queueLengthLimit: number;
  readonly handSize: number;
}

/** Requests of one schema in one level, as metrics know them: label values, joined by NUL. */
export interface FlowKeys {
  readonly schema: string;
  /** Names of the level and the schema. */
  readonly key: string;
  /** The same and the label `execute`. */
  readonly executeKey: string;
  readonly rejectKey: string;
  /** The same and the label `type`. */
  readonly regularKey: string;
  readonly watchKey: string;
}

/** Who asks for seats. */
export interface Claim {
  readonly flow: FlowKeys;
  /** The user or namespace that is told from others. */
  readonly distinguisher: string;
  /** Queues that it may wait in. */
  readonly hand: readonly number[];
  readonly work: Work;
  /** For the dump of requests. */
  readonly request: { readonly user: UserInfo; readonly requestInfo: RequestInfo };
}

/** A request that has its seats, or waits for them. */
export interface Ticket {
  readonly claim: Claim;
  /** Of the claim, or less where the level has not so many. */
  work: Work;
  waiting: boolean;
  /** Called once, when it no longer waits. */
  granted: () => void;
  readonly arrivedAt: number;
  startedAt: number;
  /** Virtual time of its arrival. */
  readonly arrival: number;
  readonly queue: Queue | undefined;
}

export interface Queue {
  readonly index: number;
  readonly waiting: Ticket[];
  /** What those who wait are expected to need, in seats times milliseconds. */
  workWaiting: number;
  executing: number;
  seatsInUse: number;
  /** Virtual time at which its next request would start: requests of the queue that is furthest behind go first. */
  nextStart: number;
}

/** Why a request is rejected. */
export type Rejection = "concurrency-limit" | "queue-full" | "time-out";

/** Told of what happens to requests, for metrics. */
export interface LevelObserver {
  queued(flow: FlowKeys, seats: number, queueLength: number): void;
  unqueued(flow: FlowKeys, seats: number): void;
  /** A request that is not exempt has waited, if only for no time at all. */
  waited(flow: FlowKeys, executes: boolean, milliseconds: number): void;
  started(flow: FlowKeys, seats: number): void;
  finished(flow: FlowKeys, isWatch: boolean, milliseconds: number): void;
  released(flow: FlowKeys, seats: number): void;
  rejected(flow: FlowKeys, reason: Rejection): void;
  /** It was a request's turn, and there were not so many seats. */
  noRoom(flow: FlowKeys): void;
}

/** Virtual times of the last dispatch, in seats times milliseconds. (SetDispatchMetrics of flowcontrol/metrics) */
export interface Dispatch {
  at: number;
  start: number;
  earliest: number;
  latest: number;
  /** The same, less what the queues have under way. */
  earliestDiscounted: number;
  latestDiscounted: number;
}

/**
 * The seats of one priority level, and the queues before them: fair queuing, with several requests at once.
 * (apiserver/pkg/util/flowcontrol/fairqueuing/queueset)
 */
export class PriorityLevel {
  readonly name: string;
  readonly demand: SeatDemand;
  readonly ratios: LevelRatios;
  readonly executing = new Set<Ticket>();
  seatsInUse = 0;
  seatsWaiting = 0;
  waiting = 0;
  dispatched = 0;
  rejected = 0;
  cancelled = 0;
  lastDispatch: Dispatch | undefined;
  #limit = 0;
  /** undefined: what finds no seat is rejected. */
  #queuing: Queuing | undefined;
  readonly #queues: Queue[] = [];
  readonly #waitingQueues = new Set<Queue>();
  /** The queue that was last chosen: of those that are equal the next after it is chosen. */
  #last = 0;
  #activeQueues = 0;
  #enqueued = 0;
  /** Virtual time: seats that each active queue has been able to use, times milliseconds. */
  #progress = 0;
  #progressAt: number;
  readonly #clock: Clock;
  readonly #observer: LevelObserver;

  constructor(name: string, clock: Clock, observer: LevelObserver) {
    this.name = name;
    this.#clock = clock;
    this.#observer = observer;
    this.#progressAt = clock.now();
    this.demand = new SeatDemand(this.#progressAt);
    this.ratios = levelRatios(this.#progressAt);
  }

  /** Seats; Infinity where all are let in. */
  get limit(): number {
    return this.#limit;
  }

  get progress(): number {
    return this.#progress;
  }

  get queues(): readonly Queue[] {
    return this.#queues;
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.executing.size === 0;
  }

  configure(queuing: Queuing | undefined): void {
    this.#queuing = queuing;
    if (!queuing) return; // those who wait go on to do so
    while (this.#queues.length < queuing.queues) {
      const index = this.#queues.length;
      this.#queues.push({ index, waiting: [], workWaiting: 0, executing: 0, seatsInUse: 0, nextStart: 0 });
    }
    this.#dropQueues();
  }

  /**
   * @param limit seats, Infinity for exempt ones
   * @param denominator of what metrics tell as parts of the limit
   */
  setLimit(limit: number, denominator: number): void {
    const now = this.#now();
    this.#limit = limit;
    const { executing, seats, demand, waiting } = this.ratios;
    for (const ratio of [executing, seats, demand]) ratio.setDenominator(denominator, now);
    const { queues = 1, queueLengthLimit = 1 } = this.#queuing ?? {};
    waiting.setDenominator(queues * Math.max(1, queueLengthLimit), now);
    this.#dispatch(now);
    this.#note(now);
  }

  /** @returns undefined when it is rejected */
  start(claim: Claim): Ticket | undefined {
    const now = this.#now();
    const { work, flow, hand } = claim;
    const queue = this.#queuing && this.#chooseQueue(hand);
    const ticket: Ticket = {
      claim,
      work,
      waiting: true,
      granted: ignore,
      arrivedAt: now,
      startedAt: now,
      arrival: this.#progress,
      queue,
    };
    if (!queue) {
      if (!this.#fits(seatsOf(work))) return this.#reject(flow, "concurrency-limit");
      this.#execute(ticket, now);
      this.#note(now);
      return ticket;
    }
    const { queueLengthLimit = 0 } = this.#queuing ?? {};
    if (this.seatsInUse >= this.#limit && queue.waiting.length >= queueLengthLimit) {
      return this.#reject(flow, "queue-full");
    }
    if (isUnused(queue)) {
      queue.nextStart = this.#progress;
      this.#activeQueues++;
    }
    queue.waiting.push(ticket);
    this.#waitingQueues.add(queue);
    this.#wait(ticket, 1);
    bound(queue);
    this.#observer.queued(flow, seatsOf(work), queue.waiting.length);
    this.#dispatch(now);
    this.#note(now);
    return ticket;
  }

  /** Of a ticket that no longer waits: its request has been answered. */
  finish(ticket: Ticket): void {
    const now = this.#now();
    const { queue, work, startedAt, claim } = ticket;
    this.executing.delete(ticket);
    this.#observer.finished(claim.flow, claim.request.requestInfo.verb === "watch", now - startedAt);
    if (queue) {
      queue.executing--;
      queue.nextStart -= work.initialSeats * (GUESSED_DURATION - (now - startedAt));
      bound(queue);
      if (isUnused(queue)) this.#activeQueues--;
    }
    if (work.lingerMilliseconds > 0) this.#clock.after(work.lingerMilliseconds, () => this.#endLinger(ticket));
    else this.#release(ticket);
    this.#dispatch(now);
    this.#note(now);
  }

  /** Of a ticket that waits: it has waited too long, or its client is gone. */
  cancel(ticket: Ticket): void {
    const { queue, claim } = ticket;
    const at = queue ? queue.waiting.indexOf(ticket) : -1;
    if (!queue || at < 0) return;
    const now = this.#now();
    queue.waiting.splice(at, 1);
    this.#leave(queue, ticket);
    this.cancelled++;
    this.#reject(claim.flow, "time-out");
    this.#observer.waited(claim.flow, true, now - ticket.arrivedAt); // upstream tells these as executed
    bound(queue);
    if (isUnused(queue)) this.#activeQueues--;
    this.#dropQueues();
    this.#dispatch(now);
    this.#note(now);
  }

  #reject(flow: FlowKeys, reason: Rejection): undefined {
    this.rejected++;
    this.#observer.rejected(flow, reason);
    if (reason !== "time-out") this.#observer.waited(flow, false, 0);
  }

  #chooseQueue(hand: readonly number[]): Queue {
    // Begun at another card each time: hands that overlap would else favour the same queue.
    const offset = this.#enqueued++ % hand.length;
    let best = this.#queues[hand[offset]!]!;
    for (let i = 1; i < hand.length && best.workWaiting > 0; i++) {
      const queue = this.#queues[hand[(offset + i) % hand.length]!]!;
      if (queue.workWaiting < best.workWaiting) best = queue;
    }
    return best;
  }

  #dispatch(now: number): void {
    while (this.waiting > 0 && this.seatsInUse < this.#limit) {
      const queue = this.#nextQueue();
      const ticket = queue?.waiting[0];
      if (!queue || !ticket) return;
      // The one whose turn it is keeps its turn: others, which would fit, must not starve it.
      if (!this.#fits(seatsOf(ticket.work))) return this.#observer.noRoom(ticket.claim.flow);
      this.#last = queue.index;
      this.#remember(queue);
      queue.waiting.shift();
      this.#leave(queue, ticket);
      ticket.work = this.#trim(ticket.work);
      queue.executing++;
      queue.seatsInUse += seatsOf(ticket.work);
      queue.nextStart += amount(ticket.work);
      bound(queue);
      this.#execute(ticket, now);
    }
  }

  /** The one whose oldest request would end first. */
  #nextQueue(): Queue | undefined {
    if (this.#waitingQueues.size === 1) for (const queue of this.#waitingQueues) return queue;
    const count = this.#queues.length;
    const distance = ({ index }: Queue) => (index - this.#last - 1 + count) % count;
    let next: Queue | undefined;
    let earliest = Infinity;
    for (const queue of this.#waitingQueues) {
      const end = queue.nextStart + amount(queue.waiting[0]!.work);
      if (end > earliest || (next && end === earliest && distance(queue) > distance(next))) continue;
      earliest = end;
      next = queue;
    }
    return next;
  }

  #remember({ nextStart }: Queue): void {
    let earliest = Infinity;
    let latest = -Infinity;
    let earliestDiscounted = Infinity;
    let latestDiscounted = -Infinity;
    for (const queue of this.#waitingQueues) {
      const discounted = queue.nextStart - queue.seatsInUse * GUESSED_DURATION;
      earliest = Math.min(earliest, queue.nextStart);
      latest = Math.max(latest, queue.nextStart);
      earliestDiscounted = Math.min(earliestDiscounted, discounted);
      latestDiscounted = Math.max(latestDiscounted, discounted);
    }
    const at = this.#progress;
    this.lastDispatch = { at, start: nextStart, earliest, latest, earliestDiscounted, latestDiscounted };
  }

  #execute(ticket: Ticket, now: number): void {
    const seats = seatsOf(ticket.work);
    this.executing.add(ticket);
    this.seatsInUse += seats;
    this.dispatched++;
    const { flow } = ticket.claim;
    this.#observer.started(flow, seats);
    if (this.#limit !== Infinity) this.#observer.waited(flow, true, now - ticket.arrivedAt);
    ticket.waiting = false;
    ticket.startedAt = now;
    ticket.granted();
  }

  #endLinger(ticket: Ticket): void {
    const now = this.#now();
    this.#release(ticket);
    this.#dispatch(now);
    this.#note(now);
  }

  #release({ queue, work, claim }: Ticket): void {
    const seats = seatsOf(work);
    this.seatsInUse -= seats;
    this.#observer.released(claim.flow, seats);
    if (!queue) return;
    queue.seatsInUse -= seats;
    this.#dropQueues();
  }

  /** A request of more seats than there are runs alone. */
  #fits(seats: number): boolean {
    if (seats > this.#limit) return this.executing.size === 0;
    return this.seatsInUse + seats <= this.#limit;
  }

  /** The same work on fewer seats, for longer, where it would need more than there are. */
  #trim(work: Work): Work {
    const { finalSeats, lingerMilliseconds } = work;
    if (finalSeats <= this.#limit || this.#limit === 0) return work;
    const longer = (finalSeats * lingerMilliseconds) / this.#limit;
    return { ...work, finalSeats: this.#limit, lingerMilliseconds: longer };
  }

  #leave(queue: Queue, ticket: Ticket): void {
    if (queue.waiting.length === 0) this.#waitingQueues.delete(queue);
    this.#wait(ticket, -1);
    this.#observer.unqueued(ticket.claim.flow, seatsOf(ticket.work));
  }

  #wait({ queue, work }: Ticket, sign: 1 | -1): void {
    this.waiting += sign;
    this.seatsWaiting += sign * seatsOf(work);
    if (queue) queue.workWaiting = queue.waiting.length === 0 ? 0 : queue.workWaiting + sign * amount(work);
  }

  /** Queues past the wanted number get nothing new, and go when they are empty. */
  #dropQueues(): void {
    if (!this.#queuing) return;
    while (this.#queues.length > this.#queuing.queues && isDone(this.#queues.at(-1)!)) this.#queues.pop();
  }

  /** Brings virtual time up to the clock's. */
  #now(): number {
    const now = this.#clock.now();
    if (this.#activeQueues > 0) {
      const rate = Math.min(this.seatsInUse + this.seatsWaiting, this.#limit) / this.#activeQueues;
      this.#progress += rate * (now - this.#progressAt);
    }
    this.#progressAt = now;
    return now;
  }

  #note(now: number): void {
    const wanted = this.seatsInUse + this.seatsWaiting;
    this.demand.set(wanted, now);
    const { executing, waiting, seats, demand } = this.ratios;
    executing.set(this.executing.size, now);
    waiting.set(this.waiting, now);
    seats.set(this.seatsInUse, now);
    demand.set(wanted, now);
  }
}

/** Seats times milliseconds. */
function amount({ initialSeats, finalSeats, lingerMilliseconds }: Work): number {
  return initialSeats * GUESSED_DURATION + finalSeats * lingerMilliseconds;
}

function isUnused({ waiting, executing }: Queue): boolean {
  return waiting.length === 0 && executing === 0;
}

function isDone(queue: Queue): boolean {
  return isUnused(queue) && queue.seatsInUse === 0;
}

/** A queue that did not use all that it was given saves nothing up: no start is before its request came. */
function bound(queue: Queue): void {
  const oldest = queue.waiting[0];
  if (oldest && queue.nextStart < oldest.arrival) queue.nextStart = oldest.arrival;
}

function ignore(): void {}
