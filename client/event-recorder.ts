import type { Event, ObjectReference } from "../openapi/api/core.v1.ts";
import { isNotFound } from "./api-error.ts";
import type { Client } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { Lane } from "./lane.ts";
import type { Logger } from "./logger.ts";
import { Recent } from "./recent.ts";
import { createRefusals, type Refusals } from "./refusals.ts";
import type { ApiObject } from "./resource.ts";
import { type TokenBucket, tokenBucket } from "./work-queue.ts";

/** Records core/v1 Events. Never fails and never waits: what cannot be written is logged. */
export interface EventRecorder {
  /**
   * @param fieldPath part of the object it is about, such as `spec.containers{web}`
   * @param annotations of the event
   */
  event(
    about: ApiObject,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    fieldPath?: string,
    annotations?: Readonly<Record<string, string>>,
  ): void;
  /** Resolves when all that was recorded so far has been written or given up. */
  flush(): Promise<void>;
}

export interface RecorderOptions {
  client: Client;
  clock: Clock;
  logger: Logger;
  component: string;
  /** Node name, of node agents. */
  host?: string;
  /** Shared by recorders of one process: what one was refused, the others need not try. */
  refusals?: Refusals;
  /** Shared by recorders of one process: their events go this way, so that nothing more urgent waits for many of them. */
  lane?: Lane;
}

/** As client-go/tools/record: similar events before they are combined, and for how long they count as similar. */
const AGGREGATE_ABOVE = 10;
const AGGREGATE_SECONDS = 600;
/** One source about one object, of one type: this many at once, then one in five minutes. */
const SPAM_BURST = 25;
const SPAM_PER_SECOND = 1 / 300;
/** More events than that do not wait to be written: further ones are dropped. (maxQueuedEvents) */
const LONGEST_QUEUE = 1000;

/** A reference to an object as events carry it. (client-go/tools/reference) */
export function referenceTo({ kind, apiVersion, metadata }: ApiObject, fieldPath?: string): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    kind,
    ...(namespace && { namespace }),
    name,
    ...(uid && { uid }),
    apiVersion,
    ...(resourceVersion && { resourceVersion }),
    ...(fieldPath && { fieldPath }),
  };
}

/** `name.` and the time in nanoseconds, in hex. Two events of one millisecond are told apart by a counter. */
export function eventNamer(clock: Clock): (name: string) => string {
  let last = 0n;
  return (name) => {
    const now = BigInt(clock.now().getTime()) * 1_000_000n;
    last = now > last ? now : last + 1n;
    return `${name}.${last.toString(16)}`;
  };
}

/** Whole seconds, as metav1.Time prints them. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}

/** What is remembered of an event that was written. (client-go/tools/record eventLog) */
interface Sighting {
  readonly name: string;
  readonly firstTimestamp: string | undefined;
  readonly count: number;
}

/** Combines, counts and limits events as client-go's EventCorrelator does, then writes them one after the other. */
export function createEventRecorder(options: RecorderOptions): EventRecorder {
  const { client, clock, logger, component, host, refusals, lane } = options;
  const similar = new Recent<{ messages: string[]; lastSeconds: number }>();
  const written = new Recent<Sighting>();
  const spam = new Recent<TokenBucket>();
  const refused = refusals ?? createRefusals(clock);
  const nameFor = eventNamer(clock);
  const seconds = () => clock.now().getTime() / 1000;
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;

  const record = (event: Event): (() => Promise<void>) | undefined => {
    const { kind, namespace, name, uid, apiVersion, fieldPath } = event.involvedObject;
    // Shorter than upstream's keys, which say the same: there are thousands.
    const about = (uid ? [kind, uid] : [kind, namespace, name, apiVersion]).join("\0");
    const group = [about, event.type, event.reason].join("\0");
    const now = seconds();

    let alike = similar.get(group);
    if (!alike || now - alike.lastSeconds > AGGREGATE_SECONDS) alike = { messages: [], lastSeconds: 0 };
    // One flat text that holds the message: in pieces, as they were put together, all that is remembered takes thrice as much.
    let key = [group, fieldPath, event.message].join("\0");
    const message = key.slice(key.length - (event.message?.length ?? 0));
    if (!alike.messages.includes(message)) alike.messages.push(message);
    alike.lastSeconds = now;
    similar.set(group, alike);
    if (alike.messages.length >= AGGREGATE_ABOVE) {
      // Upstream drops the oldest message so that the set stays below the limit plus one.
      alike.messages.shift();
      event.message = `(combined from similar events): ${message}`;
      // Upstream makes the event anew from its source alone, and so nobody reports it. (EventAggregate)
      event.reportingComponent = "";
      event.reportingInstance = "";
      key = group;
    }

    const known = written.get(key);
    if (known) {
      event.metadata.name = known.name;
      event.firstTimestamp = known.firstTimestamp;
      event.count = known.count + 1;
    }
    // What is dropped below is counted as well: the next that is not says how often it happened.
    const { firstTimestamp, count = 1 } = event;
    written.set(key, { name: event.metadata.name ?? "", firstTimestamp, count });
    // Warnings are not kept back by how much has gone well, nor the other way round.
    const source = [about, event.type].join("\0");
    let limiter = spam.get(source);
    if (!limiter) {
      limiter = tokenBucket(SPAM_PER_SECOND, SPAM_BURST, clock);
      spam.set(source, limiter);
    }
    if (!limiter.tryTake()) return undefined;
    if (!known) return async () => void (await client.create("v1/events", event));
    return async () => {
      const { count, lastTimestamp, message } = event;
      const where = { name: event.metadata.name ?? "", namespace: event.metadata.namespace };
      try {
        await client.patch("v1/events", where, { count, lastTimestamp, message }, { type: "strategic" });
      } catch (error) {
        if (!isNotFound(error)) throw error; // it has expired, or was never written
        await client.create("v1/events", event);
      }
    };
  };

  return {
    event(about, type, reason, message, fieldPath, annotations) {
      const now = timestamp(clock.now());
      const namespace = about.metadata.namespace || "default";
      const write = record({
        kind: "Event",
        apiVersion: "v1",
        metadata: {
          name: nameFor(about.metadata.name ?? ""),
          namespace,
          ...(annotations && { annotations: { ...annotations } }),
        },
        involvedObject: referenceTo(about, fieldPath),
        reason,
        message,
        source: { component, ...(host && { host }) },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
        type,
        reportingComponent: component,
        reportingInstance: host ?? "",
      });
      if (!write) return;
      if (waiting >= LONGEST_QUEUE) return logger.debug({ reason, message }, "event dropped: too many wait");
      waiting++;
      const writeUnlessRefused = () => refused.unlessRefused(namespace, write);
      last = last
        .then(() => (lane ? lane.run(writeUnlessRefused) : writeUnlessRefused()))
        .catch((error: unknown) => {
          // An event is never worth a retry storm.
          logger.debug({ err: error, reason, message }, "event not written");
        });
      void last.then(() => waiting--);
    },
    flush: () => last,
  };
}
