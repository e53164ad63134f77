import type { Event } from "../../../openapi/api/core.v1.ts";
import type { Event as NewEvent } from "../../../openapi/api/events.k8s.io.v1.ts";
import type { KubeObject } from "../../meta/object.ts";
import { defineKind } from "../kind.ts";
import { validateEvent, validateEventUpdate } from "./event-validation.ts";

/** kube-apiserver's --event-ttl. */
const TTL_SECONDS = 3600;

/**
 * Event, v1 and events.k8s.io/v1: one object under two sets of names. Follows pkg/registry/core/event and
 * pkg/apis/{core/validation/events.go,events/v1/conversion.go}.
 */
export const event = defineKind<Event>({
  group: "",
  version: "v1",
  kind: "Event",
  allowCreateOnUpdate: true,
  garbageCollection: "unsupported",
  ttlSeconds: TTL_SECONDS,
  uncached: true,
  loosensMetadata: true,
  validate: (object, { requestVersion }) => validateEvent(object, requestVersion?.group === "events.k8s.io"),
  updateChecks: ["own"],
  validateUpdate: (object, old, { requestVersion }) =>
    validateEventUpdate(object, old, requestVersion?.group === "events.k8s.io"),
  selectableFields: (object) => {
    const { involvedObject: about, source, reportingComponent } = object;
    const common = { type: object.type ?? "", reason: object.reason ?? "" };
    const names = { reportingComponent, reportingController: reportingComponent };
    const fields: Record<string, string> = { ...common, ...names, source: source.component || reportingComponent };
    for (const field of ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] as const) {
      // The second name is that of events.k8s.io.
      fields[`involvedObject.${field}`] = fields[`regarding.${field}`] = about[field] ?? "";
    }
    return fields;
  },
  versions: [{ group: "events.k8s.io", version: "v1", toStorage, fromStorage }],
});

// Absent fields stay absent: encoding drops them.
function toStorage(object: KubeObject): Event {
  const {
    regarding = {},
    note,
    deprecatedSource = {},
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    reportingController = "",
    reportingInstance = "",
    ...same
  } = object as NewEvent; // the caller decoded it as such
  return {
    ...same,
    involvedObject: regarding,
    source: deprecatedSource,
    reportingComponent: reportingController,
    reportingInstance,
    ...present({
      message: note,
      firstTimestamp: deprecatedFirstTimestamp,
      lastTimestamp: deprecatedLastTimestamp,
      count: deprecatedCount,
    }),
  };
}

function fromStorage(object: Event): KubeObject {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, ...rest } = object;
  const { reportingComponent, reportingInstance, ...same } = rest;
  return {
    ...same,
    regarding: involvedObject,
    deprecatedSource: source,
    ...present({
      note: message,
      deprecatedFirstTimestamp: firstTimestamp,
      deprecatedLastTimestamp: lastTimestamp,
      deprecatedCount: count,
      reportingController: reportingComponent || undefined,
      reportingInstance: reportingInstance || undefined,
    }),
  } as KubeObject; // of the other version's fields
}

function present<T extends object>(fields: T): Partial<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>; // a part of it
}
