import { type FieldError, fieldInvalid } from "../../../meta/field-error.ts";

const MAX_MODE = 0o777;

/** No part may be `..`. */
export function validateNoBacksteps(path: string, field: string): FieldError[] {
  return path.split("/").includes("..") ? [fieldInvalid(field, path, "must not contain '..'")] : [];
}

/** Relative, and never up. */
export function validateDescendingPath(path: string, field: string): FieldError[] {
  const errors = path.startsWith("/") ? [fieldInvalid(field, path, "must be a relative path")] : [];
  return [...errors, ...validateNoBacksteps(path, field)];
}

/** As validateDescendingPath; names that begin with `..` are kept for the kubelet. */
export function validateLocalPath(path: string, field: string): FieldError[] {
  const errors = validateDescendingPath(path, field);
  if (path.startsWith("..") && !path.startsWith("../")) {
    errors.push(fieldInvalid(field, path, "must not start with '..'"));
  }
  return errors;
}

/** Permission bits. */
export function validateMode(mode: number | undefined, field: string): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= MAX_MODE)) return [];
  return [fieldInvalid(field, mode, "must be a number between 0 and 0777 (octal), both inclusive")];
}
