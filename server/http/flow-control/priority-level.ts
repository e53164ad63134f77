import type { Clock } from "../../storage/clock.ts";
import { amount, bound, type Dispatch, GUESSED_DURATION, isUnused, LevelQueues, type Queue } from "./level-queues.ts";
import { type LevelRatios, levelRatios } from "./level-ratios.ts";
import { SeatDemand } from "./seat-demand.ts";
import type { Claim, FlowKeys, LevelObserver, Rejection, Ticket } from "./ticket.ts";
import { seatsOf, type Work } from "./work.ts";

/** How requests wait for seats: numbers of queues, of requests in each, and of queues that one flow may use. */
export interface Queuing {
  readonly queues: number;
  readonly queueLengthLimit: number;
  readonly handSize: number;
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
  readonly #queues = new LevelQueues();
  #activeQueues = 0;
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
    return this.#queues.all;
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.executing.size === 0;
  }

  configure(queuing: Queuing | undefined): void {
    this.#queuing = queuing;
    if (!queuing) return; // those who wait go on to do so
    this.#queues.resize(queuing.queues);
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
    const queue = this.#queuing && this.#queues.choose(hand);
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
    this.#queues.push(queue, ticket);
    this.waiting++;
    this.seatsWaiting += seatsOf(work);
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
    // Virtual time goes on by what waited until now.
    const now = this.#now();
    if (!queue || !this.#leave(queue, ticket)) return;
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

  #dispatch(now: number): void {
    while (this.waiting > 0 && this.seatsInUse < this.#limit) {
      const queue = this.#queues.next();
      const ticket = queue?.waiting[0];
      if (!queue || !ticket) return;
      // The one whose turn it is keeps its turn: others, which would fit, must not starve it.
      if (!this.#fits(seatsOf(ticket.work))) return this.#observer.noRoom(ticket.claim.flow);
      this.lastDispatch = this.#queues.take(queue, this.#progress);
      this.#leave(queue, ticket);
      ticket.work = this.#trim(ticket.work);
      queue.executing++;
      queue.seatsInUse += seatsOf(ticket.work);
      queue.nextStart += amount(ticket.work);
      bound(queue);
      this.#execute(ticket, now);
    }
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

  #leave(queue: Queue, ticket: Ticket): boolean {
    if (!this.#queues.remove(queue, ticket)) return false;
    const seats = seatsOf(ticket.work);
    this.waiting--;
    this.seatsWaiting -= seats;
    this.#observer.unqueued(ticket.claim.flow, seats);
    return true;
  }

  #dropQueues(): void {
    if (this.#queuing) this.#queues.resize(this.#queuing.queues);
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

function ignore(): void {}
