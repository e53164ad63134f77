// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { EventSource, ObjectReference } from "./core.v1.ts";
import type { ListMeta, MicroTime, ObjectMeta, Time } from "./meta.k8s.io.v1.ts";

/** io.k8s.api.events.v1.Event */
export interface Event {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  eventTime?: MicroTime;
  series?: EventSeries;
  reportingController?: string;
  reportingInstance?: string;
  action?: string;
  reason?: string;
  regarding: ObjectReference;
  related?: ObjectReference;
  note?: string;
  type?: string;
  deprecatedSource: EventSource;
  deprecatedFirstTimestamp?: Time;
  deprecatedLastTimestamp?: Time;
  deprecatedCount?: number;
}

/** io.k8s.api.events.v1.EventList */
export interface EventList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: Event[];
}

/** io.k8s.api.events.v1.EventSeries */
export interface EventSeries {
  count: number;
  lastObservedTime?: MicroTime;
}
