import type { ObjectReference } from "../openapi/api/core.v1.ts";
import type { Event } from "../openapi/api/events.k8s.io.v1.ts";
import { isNotFound } from "./api-error.ts";
import type { Timer } from "./clock.ts";
import { eventNamer, type RecorderOptions, referenceTo } from "./event-recorder.ts";
import { createRefusals } from "./refusals.ts";
import type { ApiObject } from "./resource.ts";

/** One occurrence, in the words of events.k8s.io. */
export interface Occurrence {
  regarding: ApiObject;
  related?: ApiObject;
  type: "Normal" | "Warning";
  reason: string;
  action: string;
  note: string;
}

/** Records events.k8s.io/v1 Events, as kube-scheduler does; repeated ones become a series. (client-go/tools/events) */
export interface SeriesRecorder {
  event(occurrence: Occurrence): void;
  flush(): Promise<void>;
  stop(): void;
}

/** A series without news for this long is over. */
const FINISH_MS = 6 * 60_000;
/** A running series is written again this often. */
const REFRESH_MS = 30 * 60_000;

/** RFC 3339 with microseconds. */
export function microTimestamp(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}

/** Creates an event at once, turns it into a series at its second occurrence, and writes further counts at the end. */
export function createSeriesRecorder({ client, clock, logger, component, host }: RecorderOptions): SeriesRecorder {
  const events = new Map<string, Event>();
  const nameFor = eventNamer(clock);
  let last: Promise<void> = Promise.resolve();
  const timers: Timer[] = [];

  const refusals = createRefusals(clock);

  const enqueue = (namespace: string, write: () => Promise<unknown>) => {
    last = last
      .then(() => refusals.unlessRefused(namespace, write))
      .catch((error: unknown) => logger.debug({ err: error }, "event not written"));
  };
  const writeSeries = (event: Event) => {
    const copy: Event = { ...event, series: event.series && { ...event.series } };
    const { name = "", namespace = "" } = event.metadata;
    enqueue(namespace, async () => {
      try {
        await client.patch(
          "events.k8s.io/v1/events",
          { name, namespace },
          { series: copy.series },
          { type: "strategic" },
        );
      } catch (error) {
        if (!isNotFound(error)) throw error;
        await client.create("events.k8s.io/v1/events", copy);
      }
    });
  };
  const finish = () => {
    const before = clock.now().getTime() - FINISH_MS;
    for (const [key, event] of events) {
      const seen = Date.parse(event.series?.lastObservedTime ?? event.eventTime ?? "");
      if (seen >= before) continue;
      if (event.series) writeSeries(event);
      events.delete(key);
    }
    arm();
  };
  const refresh = () => {
    for (const event of events.values()) if (event.series) writeSeries(event);
    if (events.size) timers[1] = clock.setTimeout(refresh, REFRESH_MS);
  };
  // Timers run only while there is something to finish.
  const arm = () => {
    timers[0]?.cancel();
    if (events.size) timers[0] = clock.setTimeout(finish, FINISH_MS);
  };

  return {
    event({ regarding, related, type, reason, action, note }) {
      const now = microTimestamp(clock.now());
      const about = referenceTo(regarding);
      const other: ObjectReference | undefined = related && referenceTo(related);
      // An object that was written meanwhile is another one: what is said of it then begins anew.
      const key = JSON.stringify([action, reason, type, about, other]);
      const known = events.get(key);
      if (known) {
        const first = !known.series;
        known.series = { count: (known.series?.count ?? 1) + 1, lastObservedTime: now };
        if (first) writeSeries(known);
        return;
      }
      const namespace = about.namespace || "default";
      const event: Event = {
        kind: "Event",
        apiVersion: "events.k8s.io/v1",
        metadata: { name: nameFor(about.name ?? ""), namespace },
        eventTime: now,
        reportingController: component,
        reportingInstance: `${component}-${host ?? ""}`,
        action,
        reason,
        regarding: about,
        ...(other && { related: other }),
        note,
        deprecatedSource: {},
        type,
      };
      events.set(key, event);
      if (events.size === 1) {
        arm();
        timers[1]?.cancel();
        timers[1] = clock.setTimeout(refresh, REFRESH_MS);
      }
      enqueue(namespace, () => client.create("events.k8s.io/v1/events", event));
    },
    flush: () => last,
    stop() {
      for (const timer of timers) timer?.cancel();
    },
  };
}
