import type { Namespace } from "../../../openapi/api/core.v1.ts";
import { conflict } from "../../meta/errors.ts";
import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { validateQualifiedName } from "../../meta/names.ts";
import { rfc3339 } from "../../meta/time.ts";
import { validateKubeFinalizer } from "../generic/finalizer-names.ts";
import { defineKind } from "../kind.ts";
import type { DeleteOptions } from "../store.ts";
import { restore, status } from "../subresources.ts";

const NAME_LABEL = "kubernetes.io/metadata.name";
const FINALIZER = "kubernetes";

/** Namespace, v1. Follows pkg/registry/core/namespace and pkg/apis/core/{v1,validation}. */
export const namespace = defineKind<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  returnsDeletedObject: "undocumented",
  defaults(object) {
    object.status ??= {};
    object.status.phase ||= "Active";
    if (object.metadata.name) nameLabel(object);
  },
  prepareForCreate(object) {
    object.status = { phase: "Active" };
    object.spec ??= {};
    // Not a default: it is taken off again when the namespace is empty.
    if (!object.spec.finalizers?.includes(FINALIZER)) {
      object.spec.finalizers = [...(object.spec.finalizers ?? []), FINALIZER];
    }
  },
  prepareForUpdate(object, old) {
    object.spec ??= {};
    restore(object.spec, old.spec ?? {}, "finalizers");
    restore(object, old, "status");
  },
  validate: ({ spec }) => (spec?.finalizers ?? []).flatMap((name) => validateFinalizer(name, "spec.finalizers")),
  updateChecks: ["whole", "own", "changes"],
  validateUpdate: ({ spec }) => (spec?.finalizers ?? []).flatMap((name) => validateFinalizer(name, "spec.finalizers")),
  // Names made by generateName are only known now.
  canonicalize: nameLabel,
  selectableFields: ({ metadata, status }) => ({ "status.phase": status?.phase ?? "", name: metadata.name ?? "" }),
  deletion(object, context, options) {
    checkPreconditions(object, options);
    if (object.metadata.deletionTimestamp) return object.spec?.finalizers?.length ? "wait" : "proceed";
    object.metadata.deletionTimestamp = rfc3339(context.now);
    object.status = { ...object.status, phase: "Terminating" };
    setPropagation(object, options);
    return "mark";
  },
  shouldDeleteDuringUpdate: ({ spec }) => !spec?.finalizers?.length,
  subresources: {
    status: { ...status<Namespace>(), verbs: ["get", "patch", "update"], validateUpdate: validateStatus },
    finalize: {
      verbs: ["update"],
      hasTable: false,
      prepareForUpdate: (object, old) => restore(object, old, "status"),
      validateUpdate: ({ spec }) =>
        (spec?.finalizers ?? []).flatMap((name, index) => validateFinalizer(name, `spec.finalizers[${index}]`)),
    },
  },
});

function nameLabel({ metadata }: Namespace): void {
  metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name ?? "" };
}

function validateFinalizer(name: string, field: string): FieldError[] {
  const errors = validateQualifiedName(name).map((message) => fieldInvalid(field, name, message));
  return [...errors, ...validateKubeFinalizer(name, field)];
}

function validateStatus({ metadata, status }: Namespace): FieldError[] {
  const phase = status?.phase ?? "";
  if (!metadata.deletionTimestamp && phase !== "Active") {
    return [fieldInvalid("status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty")];
  }
  if (metadata.deletionTimestamp && phase !== "Terminating") {
    return [fieldInvalid("status.Phase", phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
  }
  return [];
}

/** Other words than the generic registry's. */
function checkPreconditions({ metadata }: Namespace, { preconditions = {} }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  const fail = (what: string, wanted: string, actual = "") => {
    const text = `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${actual}`;
    throw conflict({ group: "", resource: "namespaces" }, metadata.name ?? "", text);
  };
  if (uid !== undefined && uid !== metadata.uid) fail("UID", uid, metadata.uid);
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    fail("ResourceVersion", resourceVersion, metadata.resourceVersion);
  }
}

/** Unlike in the generic registry both finalizers are decided on their own. */
function setPropagation({ metadata }: Namespace, { orphanDependents, propagationPolicy }: DeleteOptions): void {
  const current = metadata.finalizers ?? [];
  const decide = (finalizer: string, byOrphan: boolean, policy: string) =>
    orphanDependents !== undefined
      ? orphanDependents === byOrphan
      : propagationPolicy !== undefined
        ? propagationPolicy === policy
        : current.includes(finalizer);
  const wanted = {
    orphan: decide("orphan", true, "Orphan"),
    foregroundDeletion: decide("foregroundDeletion", false, "Foreground"),
  };
  const next = current.filter((finalizer) => wanted[finalizer as keyof typeof wanted] ?? true);
  for (const [finalizer, isWanted] of Object.entries(wanted)) {
    if (isWanted && !next.includes(finalizer)) next.push(finalizer);
  }
  if (next.length > 0) metadata.finalizers = next;
  else delete metadata.finalizers;
}
