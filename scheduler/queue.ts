import type { Clock, Timer } from "../client/clock.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import type { ClusterEvent, Plugin } from "./framework.ts";

/** A Pod on its way. */
export interface QueuedPod {
  pod: Pod;
  /** Attempts so far. */
  attempts: number;
  /** When it was first seen, ms. */
  readonly since: number;
  /** Plugins that refused it last; empty after an error that was nobody's refusal. */
  refusedBy: ReadonlySet<string>;
}

/** Pause after a failed attempt in ms: doubled from the first to the last. (podInitialBackoffSeconds …) */
const FIRST_BACKOFF = 1_000;
const LAST_BACKOFF = 10_000;
/** A Pod that no event has woken for this long is tried anyway, in ms. */
const FORGOTTEN = 5 * 60_000;

const before = (a: QueuedPod, b: QueuedPod) =>
  (a.pod.spec.priority ?? 0) !== (b.pod.spec.priority ?? 0)
    ? (a.pod.spec.priority ?? 0) > (b.pod.spec.priority ?? 0)
    : a.since < b.since;

/** Binary heap by priority, then age. (queuesort/priority_sort.go) */
class Heap {
  readonly #items: QueuedPod[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: QueuedPod): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(item, items[parent] as QueuedPod)) break;
      items[i] = items[parent] as QueuedPod;
      i = parent;
    }
    items[i] = item;
  }

  pop(): QueuedPod | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (!last || !items.length) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1] as QueuedPod, items[child] as QueuedPod)) child++;
      if (!before(items[child] as QueuedPod, last)) break;
      items[i] = items[child] as QueuedPod;
      i = child;
    }
    items[i] = last;
    return top;
  }
}

interface Waiting {
  readonly item: QueuedPod;
  readonly notBefore: number;
  readonly since: number;
}

/**
 * Pods that wait for a node: ready to be tried (active), pausing after a failure (backoff), waiting for the cluster to
 * change (unschedulable), or gated. Follows pkg/scheduler/backend/queue.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #plugins: readonly Plugin[];
  readonly #wake: () => void;
  readonly #active = new Heap();
  /** What is in `#active` and not stale, by uid: heap entries that are not in here any more are skipped. */
  readonly #ready = new Map<string, QueuedPod>();
  readonly #backoff = new Map<string, { item: QueuedPod; timer: Timer }>();
  readonly #unschedulable = new Map<string, Waiting>();
  readonly #gated = new Map<string, QueuedPod>();
  /** Events seen while an attempt runs would be missed by the Pod under way: it is moved on at once after it. */
  #events: ClusterEvent[] = [];
  #inFlight = 0;
  #flush: Timer | undefined;

  /** @param wake called when a Pod becomes ready. */
  constructor(clock: Clock, plugins: readonly Plugin[], wake: () => void) {
    this.#clock = clock;
    this.#plugins = plugins;
    this.#wake = wake;
  }

  /** A new Pod, or a new version of one that is queued. */
  set(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    const known = this.#ready.get(uid) ?? this.#backoff.get(uid)?.item ?? this.#unschedulable.get(uid)?.item;
    const gatedBy = this.#gate(pod);
    if (gatedBy) {
      const item = known ?? this.#gated.get(uid) ?? this.#fresh(pod);
      this.delete(uid);
      this.#gated.set(uid, Object.assign(item, { pod }));
      return;
    }
    const released = this.#gated.get(uid);
    if (released) {
      this.#gated.delete(uid);
      released.pod = pod;
      return this.#activate(released);
    }
    if (!known) return this.#activate(this.#fresh(pod));
    const specChanged = known.pod.metadata.generation !== pod.metadata.generation;
    const labelsChanged = JSON.stringify(known.pod.metadata.labels) !== JSON.stringify(pod.metadata.labels);
    known.pod = pod;
    // Its own change may be what it waited for; mere status writes, such as our own, are not.
    if (this.#unschedulable.has(uid) && (specChanged || labelsChanged)) this.#retry(uid);
  }

  delete(uid: string): void {
    this.#ready.delete(uid);
    this.#backoff.get(uid)?.timer.cancel();
    this.#backoff.delete(uid);
    this.#unschedulable.delete(uid);
    this.#gated.delete(uid);
  }

  /** The next Pod to try. Must be followed by `done`. */
  pop(): QueuedPod | undefined {
    for (let item = this.#active.pop(); item; item = this.#active.pop()) {
      const uid = item.pod.metadata.uid ?? "";
      if (this.#ready.get(uid) !== item) continue;
      this.#ready.delete(uid);
      item.attempts++;
      this.#inFlight++;
      return item;
    }
    return undefined;
  }

  /** Ends an attempt that succeeded, or one whose Pod is gone. */
  done(): void {
    if (--this.#inFlight === 0) this.#events = [];
  }

  /** Ends an attempt that failed: waits for an event, or only for its pause when an error was to blame. */
  failed(item: QueuedPod, refusedBy: ReadonlySet<string>): void {
    item.refusedBy = refusedBy;
    const uid = item.pod.metadata.uid ?? "";
    const missed = this.#events.some((event) => this.#helps(item, event));
    this.done();
    const now = this.#clock.now().getTime();
    const pause = Math.min(FIRST_BACKOFF * 2 ** (item.attempts - 1), LAST_BACKOFF);
    this.#unschedulable.set(uid, { item, notBefore: now + pause, since: now });
    if (missed || refusedBy.size === 0) this.#retry(uid);
    this.#arm();
  }

  /** Wakes the Pods that this event may help. */
  onEvent(event: ClusterEvent): void {
    if (this.#inFlight) this.#events.push(event);
    for (const [uid, { item }] of this.#unschedulable) if (this.#helps(item, event)) this.#retry(uid);
  }

  get pending(): { active: number; backoff: number; unschedulable: number; gated: number } {
    return {
      active: this.#ready.size,
      backoff: this.#backoff.size,
      unschedulable: this.#unschedulable.size,
      gated: this.#gated.size,
    };
  }

  stop(): void {
    this.#flush?.cancel();
    for (const { timer } of this.#backoff.values()) timer.cancel();
  }

  #fresh(pod: Pod): QueuedPod {
    return { pod, attempts: 0, since: this.#clock.now().getTime(), refusedBy: new Set() };
  }

  #gate(pod: Pod): string | undefined {
    for (const plugin of this.#plugins) {
      const why = plugin.preEnqueue?.(pod);
      if (why) return why;
    }
    return undefined;
  }

  #helps({ refusedBy }: QueuedPod, event: ClusterEvent): boolean {
    return this.#plugins.some((plugin) => refusedBy.has(plugin.name) && plugin.retryOn.includes(event));
  }

  #activate(item: QueuedPod): void {
    this.#ready.set(item.pod.metadata.uid ?? "", item);
    this.#active.push(item);
    this.#wake();
  }

  /** From unschedulable to active, after what is left of its pause. */
  #retry(uid: string): void {
    const waiting = this.#unschedulable.get(uid);
    if (!waiting) return;
    this.#unschedulable.delete(uid);
    const left = waiting.notBefore - this.#clock.now().getTime();
    if (left <= 0) return this.#activate(waiting.item);
    const timer = this.#clock.setTimeout(() => {
      this.#backoff.delete(uid);
      this.#activate(waiting.item);
    }, left);
    this.#backoff.set(uid, { item: waiting.item, timer });
  }

  /** One timer, and only while something waits. */
  #arm(): void {
    if (this.#flush || !this.#unschedulable.size) return;
    this.#flush = this.#clock.setTimeout(() => {
      this.#flush = undefined;
      const now = this.#clock.now().getTime();
      for (const [uid, { since }] of this.#unschedulable) if (now - since >= FORGOTTEN) this.#retry(uid);
      this.#arm();
    }, FORGOTTEN / 10);
  }
}
