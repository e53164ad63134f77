import { type FieldError, fieldForbidden, fieldInvalid, fieldNotSupported, fieldRequired } from "./field-error.ts";
import { validateFieldManager } from "./field-manager.ts";

/** What create, update and patch share. (metav1.CreateOptions, UpdateOptions, PatchOptions) */
export interface WriteOptions {
  readonly dryRun?: readonly string[];
  readonly fieldManager?: string;
  readonly fieldValidation?: string;
}

/** metav1.PatchOptions. */
export interface PatchOptions extends WriteOptions {
  readonly force?: boolean;
}

/** metav1.DeleteOptions. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly orphanDependents?: boolean;
  readonly propagationPolicy?: string;
  readonly dryRun?: readonly string[];
  readonly ignoreStoreReadErrorWithClusterBreakingPotential?: boolean;
}

/** The parts of metav1.ListOptions that are checked together. */
export interface ListOptions {
  readonly watch?: boolean;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly continue?: string;
  readonly sendInitialEvents?: boolean;
}

/** Follows ValidateCreateOptions and ValidateUpdateOptions of apimachinery/pkg/apis/meta/v1/validation. */
export function validateWriteOptions(options: WriteOptions): FieldError[] {
  return [
    ...validateFieldManager(options.fieldManager ?? "", "fieldManager"),
    ...validateDryRun(options.dryRun ?? []),
    ...validateFieldValidation(options.fieldValidation ?? ""),
  ];
}

/** @param isApply the patch is a server-side apply */
export function validatePatchOptions(options: PatchOptions, isApply: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (isApply && !options.fieldManager) errors.push(fieldRequired("fieldManager", "is required for apply patch"));
  if (!isApply && options.force !== undefined) {
    errors.push(fieldForbidden("force", "may not be specified for non-apply patch"));
  }
  return [...errors, ...validateWriteOptions(options)];
}

export function validateDeleteOptions(options: DeleteOptions): FieldError[] {
  const { orphanDependents, propagationPolicy } = options;
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const detail = "orphanDependents and deletionPropagation cannot be both set";
    errors.push(fieldInvalid("propagationPolicy", propagationPolicy, detail));
  }
  if (propagationPolicy !== undefined && !["Foreground", "Background", "Orphan"].includes(propagationPolicy)) {
    const valid = ["Foreground", "Background", "Orphan", "nil"];
    errors.push(fieldNotSupported("propagationPolicy", propagationPolicy, valid));
  }
  return [...errors, ...validateDryRun(options.dryRun ?? [])];
}

function validateDryRun(dryRun: readonly string[]): FieldError[] {
  return dryRun.every((value) => value === "All") ? [] : [fieldNotSupported("dryRun", dryRun, ["All"])];
}

function validateFieldValidation(value: string): FieldError[] {
  const valid = ["", "Ignore", "Strict", "Warn"];
  return valid.includes(value) ? [] : [fieldNotSupported("fieldValidation", value, valid)];
}

/** Follows ValidateListOptions of apimachinery/pkg/apis/meta/internalversion/validation. */
export function validateListOptions(options: ListOptions): FieldError[] {
  return options.watch ? validateWatchOptions(options) : validatePlainListOptions(options);
}

const MATCH = "resourceVersionMatch";

function validatePlainListOptions(options: ListOptions): FieldError[] {
  const { resourceVersion, resourceVersionMatch: match, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (match) {
    if (!resourceVersion) {
      errors.push(fieldForbidden(MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    errors.push(...validateMatchWithContinue(options));
    if (match !== "Exact" && match !== "NotOlderThan") {
      errors.push(fieldNotSupported(MATCH, match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && resourceVersion === "0") {
      errors.push(fieldForbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (sendInitialEvents !== undefined) {
    errors.push(fieldForbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return errors;
}

function validateWatchOptions(options: ListOptions): FieldError[] {
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    errors.push(fieldForbidden(MATCH, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  }
  if (!match) return errors;
  if (sendInitialEvents === undefined) {
    const detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
    errors.push(fieldForbidden(MATCH, detail));
  }
  if (match !== "NotOlderThan") errors.push(fieldNotSupported(MATCH, match, ["NotOlderThan"]));
  return [...errors, ...validateMatchWithContinue(options)];
}

function validateMatchWithContinue(options: ListOptions): FieldError[] {
  if (!options.continue) return [];
  return [fieldForbidden(MATCH, "resourceVersionMatch is forbidden when continue is provided")];
}
