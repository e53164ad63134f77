import { semanticEqual } from "./equality.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired, fieldTooLong } from "./field-error.ts";
import { validateFieldManager } from "./field-manager.ts";
import { goQuote } from "./go-quote.ts";
import { validateLabels } from "./label-validation.ts";
import { nameIsDNSLabel, type ValidateName, validateQualifiedName } from "./names.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "./object.ts";

const MAX_ANNOTATIONS_BYTES = 256 * 1024;
const MAX_SUBRESOURCE_BYTES = 256;

/** What a kind says about the metadata of its objects. */
export interface ObjectMetaRules {
  readonly namespaced: boolean;
  readonly validateName: ValidateName;
}

/** Follows ValidateObjectMeta of apimachinery/pkg/api/validation. Names have been generated already. */
export function validateObjectMeta(
  meta: Readonly<ObjectMeta>,
  { namespaced, validateName }: ObjectMetaRules,
  path = "metadata",
): FieldError[] {
  const { name = "", generateName = "" } = meta;
  const errors: FieldError[] = [];
  if (generateName) {
    const wrong = validateName(generateName, true);
    errors.push(...wrong.map((message) => fieldInvalid(`${path}.generateName`, generateName, message)));
  }
  if (!name) errors.push(fieldRequired(`${path}.name`, "name or generateName is required"));
  else errors.push(...validateName(name, false).map((message) => fieldInvalid(`${path}.name`, name, message)));
  return [
    ...errors,
    ...validateNamespace(meta.namespace ?? "", namespaced, `${path}.namespace`),
    ...validateNonNegative(meta.generation ?? 0, `${path}.generation`),
    ...validateLabels(meta.labels, `${path}.labels`),
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`),
    ...validateFinalizers(meta.finalizers, `${path}.finalizers`),
    ...validateManagedFields(meta.managedFields, `${path}.managedFields`),
  ];
}

/** Follows ValidateObjectMetaUpdate: what may not change, and everything that is checked again. */
export function validateObjectMetaUpdate(
  meta: Readonly<ObjectMeta>,
  old: Readonly<ObjectMeta>,
  path = "metadata",
): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    errors.push(...validateNoNewFinalizers(meta.finalizers, old.finalizers, `${path}.finalizers`));
  }
  if (!meta.resourceVersion) {
    errors.push(fieldInvalid(`${path}.resourceVersion`, "", "must be specified for an update"));
  }
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(fieldInvalid(`${path}.generation`, meta.generation ?? 0, "must not be decremented"));
  }
  return [
    ...errors,
    ...validateImmutable(meta.name ?? "", old.name ?? "", `${path}.name`),
    ...validateImmutable(meta.namespace ?? "", old.namespace ?? "", `${path}.namespace`),
    ...validateImmutable(meta.uid ?? "", old.uid ?? "", `${path}.uid`),
    ...validateImmutable(meta.creationTimestamp, old.creationTimestamp, `${path}.creationTimestamp`),
    ...validateImmutable(meta.deletionTimestamp, old.deletionTimestamp, `${path}.deletionTimestamp`),
    ...validateImmutable(
      meta.deletionGracePeriodSeconds,
      old.deletionGracePeriodSeconds,
      `${path}.deletionGracePeriodSeconds`,
    ),
    ...validateLabels(meta.labels, `${path}.labels`),
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`),
    ...validateManagedFields(meta.managedFields, `${path}.managedFields`),
  ];
}

function validateNamespace(namespace: string, namespaced: boolean, field: string): FieldError[] {
  if (!namespaced) return namespace ? [fieldForbidden(field, "not allowed on this type")] : [];
  if (!namespace) return [fieldRequired(field, "")];
  return nameIsDNSLabel(namespace, false).map((message) => fieldInvalid(field, namespace, message));
}

export function validateNonNegative(value: number, field: string): FieldError[] {
  return value < 0 ? [fieldInvalid(field, value, "must be greater than or equal to 0")] : [];
}

export function validateImmutable(value: unknown, old: unknown, field: string): FieldError[] {
  return semanticEqual(value, old) ? [] : [fieldInvalid(field, value, "field is immutable")];
}

/** Keys are qualified names whatever their case; keys and values together hold 256 KiB. */
export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    const wrong = validateQualifiedName(key.toLowerCase());
    errors.push(...wrong.map((message) => fieldInvalid(field, key, message)));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > MAX_ANNOTATIONS_BYTES) errors.push(fieldTooLong(field, MAX_ANNOTATIONS_BYTES));
  return errors;
}

/** As Go prints it, whatever the order it was sent in. */
function inGoOrder({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }: OwnerReference): OwnerReference {
  return { apiVersion, kind, name, uid, controller, blockOwnerDeletion };
}

export function validateOwnerReferences(
  references: readonly OwnerReference[] | undefined,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references ?? []) {
    errors.push(...validateOwnerReference(reference, field));
    if (!reference.controller) continue;
    const current = `${reference.kind}/${reference.name}`;
    if (controller !== undefined) {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`;
      errors.push(fieldInvalid(field, references?.map(inGoOrder), detail));
    } else controller = current;
  }
  return errors;
}

/** Upstream gives no index: all references of an object share one path. */
function validateOwnerReference(reference: OwnerReference, field: string): FieldError[] {
  const { apiVersion = "", kind = "", name = "", uid = "" } = reference;
  const errors: FieldError[] = [];
  if (!versionOf(apiVersion)) errors.push(fieldInvalid(`${field}.apiVersion`, apiVersion, "version must not be empty"));
  for (const [member, value] of Object.entries({ kind, name, uid })) {
    if (!value) errors.push(fieldInvalid(`${field}.${member}`, value, "must not be empty"));
  }
  if (apiVersion === "v1" && kind === "Event") {
    errors.push(fieldInvalid(field, reference, "/v1, Kind=Event is disallowed from being an owner"));
  }
  return errors;
}

/** Empty when there is none, or when the text has more than one slash. */
function versionOf(apiVersion: string): string {
  const parts = apiVersion.split("/");
  return parts.length > 2 ? "" : (parts.at(-1) ?? "");
}

export function validateFinalizers(finalizers: readonly string[] = [], field: string): FieldError[] {
  const errors = finalizers.flatMap((finalizer) =>
    validateQualifiedName(finalizer).map((message) => fieldInvalid(field, finalizer, message)),
  );
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(fieldInvalid(field, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  }
  return errors;
}

function validateNoNewFinalizers(
  finalizers: readonly string[] = [],
  old: readonly string[] = [],
  field: string,
): FieldError[] {
  const added = [...new Set(finalizers)].filter((finalizer) => !old.includes(finalizer)).sort();
  if (!added.length) return [];
  const list = `[]string{${added.map(goQuote).join(", ")}}`;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  return [fieldForbidden(field, detail)];
}

export function validateManagedFields(entries: readonly ManagedFieldsEntry[] | undefined, field: string): FieldError[] {
  return (entries ?? []).flatMap((entry, index) => {
    const path = `${field}[${index}]`;
    const { operation = "", fieldsType = "", manager = "", subresource = "" } = entry;
    const errors: FieldError[] = [];
    if (operation !== "Apply" && operation !== "Update") {
      errors.push(fieldInvalid(`${path}.operation`, operation, "must be `Apply` or `Update`"));
    }
    if (fieldsType && fieldsType !== "FieldsV1") {
      errors.push(fieldInvalid(`${path}.fieldsType`, fieldsType, "must be `FieldsV1`"));
    }
    errors.push(...validateFieldManager(manager, `${path}.manager`));
    if (Buffer.byteLength(subresource) > MAX_SUBRESOURCE_BYTES) {
      errors.push(fieldTooLong(`${path}.subresource`, MAX_SUBRESOURCE_BYTES));
    }
    return errors;
  });
}
