import type { Event } from "../../../openapi/api/core.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { nameIsDNSSubdomain, validateDNS1123Subdomain, validateQualifiedName } from "../../meta/names.ts";
import { validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from "../../meta/object-meta.ts";
import { validateKubeFinalizers } from "../generic/finalizer-names.ts";

const MAX_LENGTH = 128;
const MAX_NOTE_LENGTH = 1024;

/** @param strict created through events.k8s.io/v1. Follows pkg/apis/core/validation/events.go */
export function validateEvent(event: Event, strict: boolean): FieldError[] {
  const errors = validateLegacy(event, strict);
  if (!strict) return errors;
  const { metadata, source } = event;
  errors.push(...validateObjectMeta(metadata, { namespaced: true, validateName: nameIsDNSSubdomain }));
  errors.push(...validateKubeFinalizers(metadata));
  errors.push(...validateSeries(event));
  if (!event.eventTime) errors.push(fieldRequired("eventTime", ""));
  if (event.type !== "Normal" && event.type !== "Warning") {
    errors.push(fieldInvalid("type", "", `has invalid value: ${event.type ?? ""}`));
  }
  const unset = (field: string, isSet: unknown) => {
    if (isSet) errors.push(fieldInvalid(field, "", "needs to be unset"));
  };
  unset("firstTimestamp", event.firstTimestamp);
  unset("lastTimestamp", event.lastTimestamp);
  unset("count", event.count);
  unset("source", source.component || source.host);
  return errors;
}

/** @param strict updated through events.k8s.io/v1, where nearly nothing may change */
export function validateEventUpdate(event: Event, old: Event, strict: boolean): FieldError[] {
  const errors = validateLegacy(event, strict);
  if (!strict) return errors;
  errors.push(...validateObjectMetaUpdate(event.metadata, old.metadata));
  errors.push(...validateKubeFinalizers(event.metadata));
  if (!semanticEqual(event.series, old.series)) errors.push(...validateSeries(event));
  // Reason twice, as upstream has it.
  const fields = [
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "reason",
    "type",
    "eventTime",
    "action",
    "related",
  ] as const;
  errors.push(...fields.flatMap((field) => validateImmutable(orEmpty(event, field), orEmpty(old, field), field)));
  errors.push(...validateImmutable(event.reportingComponent, old.reportingComponent, "reportingController"));
  errors.push(...validateImmutable(event.reportingInstance, old.reportingInstance, "reportingInstance"));
  return errors;
}

/** Types of fields that are objects: messages show them as upstream holds them. */
const INTERNAL: Readonly<Partial<Record<keyof Event, string>>> = {
  involvedObject: "ObjectReference",
  related: "?ObjectReference",
  source: "EventSource",
};

/** What Go has for a text or number that is not there. */
function orEmpty(event: Event, field: keyof Event): unknown {
  if (field === "count") return event.count ?? 0;
  const type = INTERNAL[field];
  if (type) return internalForm(type, event[field]);
  const isText = field === "reason" || field === "message" || field === "type" || field === "action";
  return isText ? (event[field] ?? "") : event[field];
}

function validateSeries({ series }: Event): FieldError[] {
  if (!series) return [];
  return [
    ...((series.count ?? 0) < 2 ? [fieldInvalid("series.count", "", "should be at least 2")] : []),
    ...(series.lastObservedTime ? [] : [fieldRequired("series.lastObservedTime", "")]),
  ];
}

function validateLegacy(event: Event, strict: boolean): FieldError[] {
  const { namespace = "" } = event.metadata;
  const errors = event.eventTime ? validateNewFields(event, strict) : validateOldNamespace(event);
  errors.push(...validateDNS1123Subdomain(namespace).map((message) => fieldInvalid("namespace", namespace, message)));
  return errors;
}

function validateOldNamespace({ metadata: { namespace = "" }, involvedObject }: Event): FieldError[] {
  const about = involvedObject.namespace ?? "";
  // "default" is where events of cluster-scoped objects go.
  const isFine = about === "" ? namespace === "" || namespace === "default" : about === namespace;
  return isFine ? [] : [fieldInvalid("involvedObject.namespace", about, "does not match event.namespace")];
}

function validateNewFields(event: Event, strict: boolean): FieldError[] {
  const { namespace = "" } = event.metadata;
  const { involvedObject, reportingComponent: controller } = event;
  const controllerField = strict ? "reportingController" : "reportingComponent";
  const errors: FieldError[] = [];
  if (!involvedObject.namespace && namespace !== "default" && namespace !== "kube-system") {
    errors.push(fieldInvalid("involvedObject.namespace", "", "does not match event.namespace"));
  }
  if (!controller) errors.push(fieldRequired(controllerField, ""));
  errors.push(
    ...validateQualifiedName(controller).map((message) => fieldInvalid(controllerField, controller, message)),
  );
  const text = (field: "reportingInstance" | "action" | "reason") => {
    const value = event[field] ?? "";
    if (!value) errors.push(fieldRequired(field, ""));
    if (Buffer.byteLength(value) > MAX_LENGTH) {
      errors.push(fieldInvalid(field, "", `can have at most ${MAX_LENGTH} characters`));
    }
  };
  text("reportingInstance");
  text("action");
  text("reason");
  if (Buffer.byteLength(event.message ?? "") > MAX_NOTE_LENGTH) {
    errors.push(fieldInvalid("message", "", `can have at most ${MAX_NOTE_LENGTH} characters`));
  }
  return errors;
}
