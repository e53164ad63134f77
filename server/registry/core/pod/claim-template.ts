import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate } from "../../../../openapi/api/core.v1.ts";
import { dnsLabel, dnsSubdomain, needed, oneOf } from "../../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "../../../meta/field-error.ts";
import { validateLabelSelector } from "../../../meta/label-validation.ts";
import { parseQuantity, quantitySign } from "../../../meta/quantity.ts";
import { validateTemplateMeta } from "../../../meta/template-meta.ts";
import { validateResourceQuantity } from "./resource-validation.ts";

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/** Of an ephemeral volume. (ValidatePersistentVolumeClaimTemplate of pkg/apis/core/validation) */
export function validateClaimTemplate({ metadata, spec }: PersistentVolumeClaimTemplate, field: string): FieldError[] {
  return [...validateTemplateMeta(metadata, `${field}.metadata`), ...validateClaimSpec(spec, `${field}.spec`)];
}

/** What a stored claim may have that a new one may not: then it may go on having it. */
export interface ClaimAllowances {
  readonly invalidLabelValues?: boolean;
  readonly invalidApiGroups?: boolean;
}

/** (ValidationOptionsForPersistentVolumeClaim) */
export function allowancesOf({ selector, dataSource, dataSourceRef }: PersistentVolumeClaimSpec): ClaimAllowances {
  return {
    invalidLabelValues: validateLabelSelector(selector, {}, "").length > 0,
    // Any group was good once.
    invalidApiGroups: dataSource?.apiGroup !== undefined || dataSourceRef?.apiGroup !== undefined,
  };
}

/** (ValidatePersistentVolumeClaimSpec) */
export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  field: string,
  allow: ClaimAllowances = {},
): FieldError[] {
  const { accessModes = [], storageClassName, volumeMode, volumeAttributesClassName } = spec;
  const errors: FieldError[] = [];
  if (accessModes.length === 0) {
    errors.push(fieldRequired(`${field}.accessModes`, "at least 1 access mode is required"));
  }
  const labels = { invalidLabelValues: allow.invalidLabelValues ?? false };
  errors.push(...validateLabelSelector(spec.selector, labels, `${field}.selector`));
  for (const mode of accessModes) errors.push(...oneOf(mode, ACCESS_MODES, `${field}.accessModes`));
  const others = accessModes.some((mode) => mode !== "ReadWriteOncePod" && ACCESS_MODES.includes(mode));
  if (accessModes.includes("ReadWriteOncePod") && others) {
    const detail = "may not use ReadWriteOncePod with other access modes";
    errors.push(fieldForbidden(`${field}.accessModes`, detail));
  }
  errors.push(...validateStorage(spec.resources?.requests?.storage, `${field}.resources[storage]`));
  if (storageClassName) errors.push(...dnsSubdomain(storageClassName, `${field}.storageClassName`));
  errors.push(
    ...oneOf(volumeMode, ["Block", "Filesystem"], `${field}.volumeMode`),
    ...validateDataSources(spec, field, allow),
  );
  if (volumeAttributesClassName) {
    errors.push(...dnsSubdomain(volumeAttributesClassName, `${field}.volumeAttributesClassName`));
  }
  return errors;
}

function validateStorage(amount: string | undefined, field: string): FieldError[] {
  if (amount === undefined) return [fieldRequired(field, "")];
  if (quantitySign(parseQuantity(amount)) <= 0) return [fieldInvalid(field, amount, "must be greater than zero")];
  return validateResourceQuantity("storage", amount, field);
}

function validateDataSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
  field: string,
  { invalidApiGroups = false }: ClaimAllowances,
): FieldError[] {
  const errors = Object.entries({ dataSource, dataSourceRef }).flatMap(([member, source]) => {
    if (!source) return [];
    const { name, kind, apiGroup = "" } = source;
    const at = `${field}.${member}`;
    const found = [...needed(name, `${at}.name`), ...needed(kind, `${at}.kind`)];
    if (apiGroup) found.push(...(invalidApiGroups ? [] : dnsSubdomain(apiGroup, `${at}.apiGroup`)));
    else if (kind !== "PersistentVolumeClaim") {
      const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
      found.push(fieldInvalid(at, kind, detail));
    }
    return found;
  });
  if (dataSourceRef?.namespace) errors.push(...dnsLabel(dataSourceRef.namespace, `${field}.dataSourceRef.namespace`));
  if (!dataSource || !dataSourceRef) return errors;
  // The value is the path itself, whose Go type has nothing to print.
  if (dataSourceRef.namespace) {
    return [...errors, fieldInvalid(field, {}, "may not be specified when dataSourceRef.namespace is specified")];
  }
  const same =
    dataSource.apiGroup === dataSourceRef.apiGroup &&
    dataSource.kind === dataSourceRef.kind &&
    dataSource.name === dataSourceRef.name;
  return same ? errors : [...errors, fieldInvalid(field, {}, "must match dataSourceRef")];
}
