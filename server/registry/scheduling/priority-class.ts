import type { PriorityClass } from "../../../openapi/api/scheduling.k8s.io.v1.ts";
import { forbidden } from "../../meta/errors.ts";
import { neededOneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldForbidden } from "../../meta/field-error.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { defineKind } from "../kind.ts";

const HIGHEST_OF_USERS = 1_000_000_000;
const SYSTEM_PREFIX = "system-";
const SYSTEM: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};

/** PriorityClass, scheduling.k8s.io/v1. Follows pkg/registry/scheduling/priorityclass and pkg/apis/scheduling. */
export const priorityClass = defineKind<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  defaults(object) {
    object.preemptionPolicy ??= "PreemptLowerPriority";
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  validate(object) {
    const { preemptionPolicy } = object;
    const policies = ["PreemptLowerPriority", "Never"];
    return [
      ...validateValue(object),
      ...(preemptionPolicy === undefined ? [] : neededOneOf(preemptionPolicy, policies, "preemptionPolicy")),
    ];
  },
  validateUpdate: (object, old) => [
    ...(object.value === old.value ? [] : [fieldForbidden("value", "may not be changed in an update.")]),
    ...validateImmutable(object.preemptionPolicy, old.preemptionPolicy, "preemptionPolicy"),
  ],
  beforeDelete(name) {
    if (!Object.hasOwn(SYSTEM, name)) return;
    const resource = { group: "scheduling.k8s.io", resource: "priorityclasses" };
    throw forbidden(resource, name, "this is a system priority class and cannot be deleted");
  },
});

function validateValue({ metadata: { name = "" }, value, globalDefault = false }: PriorityClass): FieldError[] {
  if (!name.startsWith(SYSTEM_PREFIX)) {
    const detail = `maximum allowed value of a user defined priority is ${HIGHEST_OF_USERS}`;
    return value > HIGHEST_OF_USERS ? [fieldForbidden("value", detail)] : [];
  }
  const expected = Object.hasOwn(SYSTEM, name) ? SYSTEM[name] : undefined;
  let wrong = "";
  if (expected === undefined) wrong = `${name} is not a known system priority class`;
  else if (value !== expected) wrong = `value of ${name} PriorityClass must be ${expected}`;
  else if (globalDefault) wrong = `globalDefault of ${name} PriorityClass must be false`;
  if (!wrong) return [];
  const detail = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${wrong}`;
  return [fieldForbidden("metadata.name", detail)];
}
