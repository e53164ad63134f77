import type { Clock, Timer } from "../client/clock.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import { eventLabel } from "./event-label.ts";
import { type Change, type ClusterEvent, type ClusterEvents, EXTENDERS, type Listers } from "./framework.ts";
import { Heap } from "./heap.ts";
import type { Profile } from "./profile.ts";
import { before, type Entry, type Place, type QueuedPod } from "./queued-pod.ts";

export interface QueueOptions {
  readonly clock: Clock;
  /** The profile that a Pod names. */
  readonly profileOf: (pod: Pod) => Pick<Profile, "all" | "plugins"> | undefined;
  readonly listers: Listers;
  /** Pause after a failed attempt, in ms: doubled from the first to the longest. */
  readonly firstBackoff: number;
  readonly longestBackoff: number;
  /** Called when a Pod can be taken. */
  wake(): void;
  /** Told of each Pod that comes into a queue, and of what brought it there, in upstream's words. */
  queued?(queue: "active" | "backoff" | "unschedulable", event: string): void;
}

/** A Pod that no event has woken for this long is tried anyway, in ms. */
const FORGOTTEN = 5 * 60_000;
const FLUSH = 30_000;

/** What brings a Pod back after an attempt. */
const FAILURE = "ScheduleAttemptFailure";

interface Happened {
  readonly event: ClusterEvent;
  readonly change: Change<unknown>;
}

const uidOf = ({ metadata }: Pod) => metadata.uid ?? "";

/**
 * Pods that wait for a node: ready to be tried (active), pausing after a failure (backoff), waiting for the cluster to
 * change (unschedulable), or gated. Follows pkg/scheduler/backend/queue.
 */
export class SchedulingQueue {
  readonly #options: QueueOptions;
  /** Where each Pod is, by uid. Heaps may hold entries that have moved on: those are skipped. */
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Map<string, Entry>();
  readonly #gated = new Map<string, Entry>();
  readonly #active = new Heap<Entry>(before);
  readonly #backoff = new Heap<Entry>((a, b) =>
    a.notBefore === b.notBefore ? before(a, b) : a.notBefore < b.notBefore,
  );
  /** What has happened since the oldest attempt under way began, and when each one began, as a count of events. */
  #events: Happened[] = [];
  #dropped = 0;
  readonly #inFlight = new Map<string, number>();
  #flush: Timer | undefined;
  #alarm: Timer | undefined;
  #stopped = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** A new Pod, or a new version of one that is queued. @param events what about it has changed */
  set(pod: Pod, old?: Pod, events: readonly ClusterEvent[] = []): void {
    const uid = uidOf(pod);
    if (this.#inFlight.has(uid)) {
      for (const event of events) this.#events.push({ event, change: { old, now: pod } });
      return;
    }
    const entry = this.#entries.get(uid);
    if (!entry) return this.#enqueue(this.#fresh(pod), "UnschedulablePodAdd");
    entry.item.pod = pod;
    if (entry.place === "gated")
      return this.#enqueue(
        entry.item,
        events[0] ? eventLabel(events[0], { old, now: pod }, true) : "UnschedulablePodUpdate",
      );
    if (entry.place !== "unschedulable") return;
    const help = events.find((event) => this.#helps(entry.item, { event, change: { old, now: pod } }));
    if (help) this.#retry(entry, eventLabel(help, { old, now: pod }, true));
  }

  delete(uid: string): void {
    this.#entries.delete(uid);
    this.#waiting.delete(uid);
    this.#gated.delete(uid);
  }

  /** The next Pod to try. Must be followed by `done` or `failed`. */
  pop(): QueuedPod | undefined {
    this.#endPauses();
    const entry = this.#popFrom(this.#active, "active") ?? this.#popRefused();
    if (!entry) return undefined;
    const { item } = entry;
    this.delete(uidOf(item.pod));
    item.attempts++;
    item.startedAt = this.#options.clock.now().getTime();
    item.firstAttemptAt ??= item.startedAt;
    this.#inFlight.set(uidOf(item.pod), this.#dropped + this.#events.length);
    return item;
  }

  /** Ends an attempt that succeeded, or one whose Pod is gone. */
  done(uid: string): void {
    this.#inFlight.delete(uid);
    if (!this.#inFlight.size) {
      this.#dropped += this.#events.length;
      this.#events = [];
      return;
    }
    // Attempts begin in order, so the first one that is left is the oldest.
    const oldest = this.#inFlight.values().next().value ?? 0;
    if (oldest - this.#dropped < 1024) return;
    this.#events.splice(0, oldest - this.#dropped);
    this.#dropped = oldest;
  }

  /**
   * Ends an attempt that failed: the Pod waits for an event, or only for its pause when an error was to blame.
   * @param pod its newest version
   */
  failed(item: QueuedPod, pod: Pod, refusedBy: ReadonlySet<string>): void {
    const uid = uidOf(pod);
    const { firstBackoff, longestBackoff, clock } = this.#options;
    const since = this.#inFlight.get(uid) ?? this.#dropped + this.#events.length;
    const missed = this.#events.slice(Math.max(0, since - this.#dropped));
    this.done(uid);
    item.pod = pod;
    item.refusedBy = refusedBy;
    item.since = clock.now().getTime();
    if (refusedBy.size) {
      item.refusals++;
      item.errors = 0;
    } else {
      item.errors++;
    }
    const pause = Math.min(firstBackoff * 2 ** ((item.errors || item.refusals) - 1), longestBackoff);
    // Pauses end with the second they end in, so that Pods of one second are tried in the order of their priority.
    const notBefore = (Math.floor((item.since + pause) / 1000) + 1) * 1000;
    const entry: Entry = { item, place: "unschedulable", notBefore };
    this.#entries.set(uid, entry);
    this.#waiting.set(uid, entry);
    const isRetried =
      (!refusedBy.size || missed.some((happened) => this.#helps(item, happened))) && this.#retry(entry, FAILURE);
    if (!isRetried) this.#options.queued?.("unschedulable", FAILURE);
    this.#arm();
  }

  /** Wakes the Pods that this event may help. @param isConcerned others are not asked */
  onEvent<E extends ClusterEvent>(
    event: E,
    change: Change<ClusterEvents[E]>,
    isConcerned: (pod: Pod) => boolean = () => true,
  ): void {
    if (this.#inFlight.size) this.#events.push({ event, change });
    // What held them back may be gone: the gate says.
    for (const { item } of [...this.#gated.values()])
      if (this.#gateHints(item.pod, event)) this.#enqueue(item, eventLabel(event, change));
    for (const entry of [...this.#waiting.values()]) {
      if (isConcerned(entry.item.pod) && this.#helps(entry.item, { event, change }))
        this.#retry(entry, eventLabel(event, change));
    }
  }

  /** Tries a Pod again whatever it waits for. */
  activate(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry?.place === "unschedulable") this.#retry(entry, "ForceActivate");
  }

  get pending(): Readonly<Record<Place, number>> {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0 };
    for (const { place } of this.#entries.values()) counts[place]++;
    return counts;
  }

  /** Pods that wait, whatever for. */
  waiting(): QueuedPod[] {
    return [...this.#entries.values()].map(({ item }) => item);
  }

  stop(): void {
    this.#stopped = true;
    this.#flush?.cancel();
    this.#alarm?.cancel();
  }

  #fresh(pod: Pod): QueuedPod {
    const since = this.#options.clock.now().getTime();
    return { pod, attempts: 0, refusals: 0, errors: 0, since, refusedBy: new Set() };
  }

  #isGated(pod: Pod): boolean {
    return this.#options.profileOf(pod)?.plugins.preEnqueue.some((plugin) => plugin.preEnqueue?.(pod)) ?? false;
  }

  #gateHints(pod: Pod, event: ClusterEvent): boolean {
    return this.#options.profileOf(pod)?.plugins.preEnqueue.some((plugin) => plugin.hints?.[event]) ?? false;
  }

  #enqueue(item: QueuedPod, event: string): void {
    const entry: Entry = { item, place: this.#isGated(item.pod) ? "gated" : "active", notBefore: 0 };
    this.#entries.set(uidOf(item.pod), entry);
    this.#gated.delete(uidOf(item.pod));
    if (entry.place === "gated") {
      this.#gated.set(uidOf(item.pod), entry);
      this.#options.queued?.("unschedulable", event);
      return;
    }
    this.#active.push(entry);
    this.#options.queued?.("active", event);
    this.#options.wake();
  }

  #helps({ pod, refusedBy }: QueuedPod, { event, change }: Happened): boolean {
    // Extenders cannot say what they wait for.
    if (refusedBy.has(EXTENDERS)) return true;
    const plugins = this.#options.profileOf(pod)?.all ?? [];
    return plugins.some((plugin) => {
      if (!refusedBy.has(plugin.name)) return false;
      // The change is of the type that its event is about: both come together from `onEvent` or `set`.
      const hint = plugin.hints?.[event] as ((...args: unknown[]) => boolean) | undefined;
      return hint?.(pod, change, this.#options.listers) ?? false;
    });
  }

  /** From unschedulable to active, or to backoff while its pause lasts. @returns false while it is gated */
  #retry(entry: Entry, event: string): boolean {
    const { item, notBefore } = entry;
    // Still gated, as while its victims are being evicted: the event of the last one comes yet.
    if (this.#isGated(item.pod)) return false;
    this.#waiting.delete(uidOf(item.pod));
    if (notBefore <= this.#options.clock.now().getTime()) {
      entry.place = "active";
      this.#active.push(entry);
    } else {
      entry.place = "backoff";
      this.#backoff.push(entry);
    }
    this.#options.queued?.(entry.place, event);
    this.#options.wake();
    return true;
  }

  #popFrom(heap: Heap<Entry>, place: Place): Entry | undefined {
    for (let entry = heap.pop(); entry; entry = heap.pop()) {
      if (entry.place === place && this.#entries.get(uidOf(entry.item.pod)) === entry) return entry;
    }
    return undefined;
  }

  #endPauses(): void {
    const now = this.#options.clock.now().getTime();
    for (let first = this.#backoff.peek(); first && first.notBefore <= now; first = this.#backoff.peek()) {
      this.#backoff.pop();
      if (first.place !== "backoff") continue;
      first.place = "active";
      this.#active.push(first);
      this.#options.queued?.("active", "BackoffComplete");
    }
  }

  /**
   * With nothing else to do, a Pod that was refused need not wait for the end of its pause; one that met an error must.
   * (SchedulerPopFromBackoffQ)
   */
  #popRefused(): Entry | undefined {
    const errors: Entry[] = [];
    let found: Entry | undefined;
    const now = this.#options.clock.now().getTime();
    for (let entry = this.#popFrom(this.#backoff, "backoff"); entry; entry = this.#popFrom(this.#backoff, "backoff")) {
      if (!entry.item.errors) {
        found = entry;
        break;
      }
      errors.push(entry);
    }
    for (const entry of errors) this.#backoff.push(entry);
    if (found) this.#options.queued?.("active", "PopFromBackoffQ");
    const first = this.#backoff.peek();
    this.#alarm?.cancel();
    this.#alarm =
      first && !this.#stopped
        ? this.#options.clock.setTimeout(() => this.#options.wake(), Math.max(first.notBefore - now, 1))
        : undefined;
    return found;
  }

  /** One timer, and only while something waits. */
  #arm(): void {
    if (this.#flush || !this.#waiting.size || this.#stopped) return;
    this.#flush = this.#options.clock.setTimeout(() => {
      this.#flush = undefined;
      const now = this.#options.clock.now().getTime();
      for (const entry of [...this.#waiting.values()])
        if (now - entry.item.since > FORGOTTEN) this.#retry(entry, "UnschedulableTimeout");
      this.#arm();
    }, FLUSH);
  }
}
