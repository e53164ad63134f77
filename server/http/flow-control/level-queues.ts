import type { Ticket } from "./ticket.ts";
import type { Work } from "./work.ts";

/** What upstream takes a request to last before it is known, in milliseconds. */
export const GUESSED_DURATION = 3;

/** One of the lines in front of a level. */
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

/** The queues in front of a level, and whose turn it is. (apiserver/pkg/util/flowcontrol/fairqueuing/queueset) */
export class LevelQueues {
  readonly #queues: Queue[] = [];
  readonly #waiting = new Set<Queue>();
  /** The queue that was last chosen: of those that are equal the next after it is chosen. */
  #last = 0;
  #enqueued = 0;

  get all(): readonly Queue[] {
    return this.#queues;
  }

  /** Queues past the wanted number get nothing new, and go when they are empty. */
  resize(count: number): void {
    while (this.#queues.length < count) {
      const index = this.#queues.length;
      this.#queues.push({ index, waiting: [], workWaiting: 0, executing: 0, seatsInUse: 0, nextStart: 0 });
    }
    while (this.#queues.length > count && isDone(this.#queues.at(-1)!)) this.#queues.pop();
  }

  /** The one of a hand in which least work waits. */
  choose(hand: readonly number[]): Queue {
    // Begun at another card each time: hands that overlap would else favour the same queue.
    const offset = this.#enqueued++ % hand.length;
    let best = this.#queues[hand[offset]!]!;
    for (let i = 1; i < hand.length && best.workWaiting > 0; i++) {
      const queue = this.#queues[hand[(offset + i) % hand.length]!]!;
      if (queue.workWaiting < best.workWaiting) best = queue;
    }
    return best;
  }

  push(queue: Queue, ticket: Ticket): void {
    queue.waiting.push(ticket);
    this.#waiting.add(queue);
    queue.workWaiting += amount(ticket.work);
    bound(queue);
  }

  /** @returns false when the ticket did not wait there */
  remove(queue: Queue, ticket: Ticket): boolean {
    const at = queue.waiting.indexOf(ticket);
    if (at < 0) return false;
    queue.waiting.splice(at, 1);
    if (queue.waiting.length === 0) this.#waiting.delete(queue);
    queue.workWaiting = queue.waiting.length === 0 ? 0 : queue.workWaiting - amount(ticket.work);
    return true;
  }

  /** The one whose oldest request would end first. */
  next(): Queue | undefined {
    if (this.#waiting.size === 1) for (const queue of this.#waiting) return queue;
    const count = this.#queues.length;
    const distance = ({ index }: Queue) => (index - this.#last - 1 + count) % count;
    let next: Queue | undefined;
    let earliest = Infinity;
    for (const queue of this.#waiting) {
      const end = queue.nextStart + amount(queue.waiting[0]!.work);
      if (end > earliest || (next && end === earliest && distance(queue) > distance(next))) continue;
      earliest = end;
      next = queue;
    }
    return next;
  }

  /** It is this one's turn. @param at virtual time */
  take(chosen: Queue, at: number): Dispatch {
    this.#last = chosen.index;
    let earliest = Infinity;
    let latest = -Infinity;
    let earliestDiscounted = Infinity;
    let latestDiscounted = -Infinity;
    for (const queue of this.#waiting) {
      const discounted = queue.nextStart - queue.seatsInUse * GUESSED_DURATION;
      earliest = Math.min(earliest, queue.nextStart);
      latest = Math.max(latest, queue.nextStart);
      earliestDiscounted = Math.min(earliestDiscounted, discounted);
      latestDiscounted = Math.max(latestDiscounted, discounted);
    }
    return { at, start: chosen.nextStart, earliest, latest, earliestDiscounted, latestDiscounted };
  }
}

/** Seats times milliseconds. */
export function amount({ initialSeats, finalSeats, lingerMilliseconds }: Work): number {
  return initialSeats * GUESSED_DURATION + finalSeats * lingerMilliseconds;
}

/** Nothing of it waits or runs. */
export function isUnused({ waiting, executing }: Queue): boolean {
  return waiting.length === 0 && executing === 0;
}

function isDone(queue: Queue): boolean {
  return isUnused(queue) && queue.seatsInUse === 0;
}

/** A queue that did not use all that it was given saves nothing up: no start is before its request came. */
export function bound(queue: Queue): void {
  const oldest = queue.waiting[0];
  if (oldest && queue.nextStart < oldest.arrival) queue.nextStart = oldest.arrival;
}
