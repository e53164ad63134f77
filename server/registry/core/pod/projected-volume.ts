import type {
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  KeyToPath,
  ProjectedVolumeSource,
  VolumeProjection,
} from "../../../../openapi/api/core.v1.ts";
import { needed } from "../../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "../../../meta/field-error.ts";
import { VOLUME_FIELDS, validateFieldRef, validateResourceFieldRef } from "./downward-api.ts";
import type { ValidationOptions } from "./validation-options.ts";
import { validateLocalPath, validateMode } from "./volume-paths.ts";

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

/** Modes and items of a Secret or ConfigMap volume. */
export function validateKeyFiles(
  source: { readonly defaultMode?: number; readonly items?: readonly KeyToPath[] } | undefined,
  field: string,
): FieldError[] {
  return [
    ...validateMode(source?.defaultMode, `${field}.defaultMode`),
    ...(source?.items ?? []).flatMap((item, i) => validateKeyFile(item, `${field}.items[${i}]`)),
  ];
}

function validateKeyFile({ key, path = "", mode }: KeyToPath, field: string): FieldError[] {
  return [
    ...needed(key, `${field}.key`),
    ...needed(path, `${field}.path`),
    ...validateLocalPath(path, `${field}.path`),
    ...validateMode(mode, `${field}.mode`),
  ];
}

/** (validateDownwardAPIVolumeSource of pkg/apis/core/validation) */
export function validateDownwardAPI({ defaultMode, items = [] }: DownwardAPIVolumeSource, field: string): FieldError[] {
  // Upstream leaves the index out.
  return [
    ...validateMode(defaultMode, `${field}.defaultMode`),
    ...items.flatMap((item) => validateDownwardFile(item, field)),
  ];
}

function validateDownwardFile(file: DownwardAPIVolumeFile, field: string): FieldError[] {
  const { path = "", fieldRef, resourceFieldRef, mode } = file;
  const errors = [...needed(path, `${field}.path`), ...validateLocalPath(path, `${field}.path`)];
  if (fieldRef) {
    errors.push(...validateFieldRef(fieldRef, VOLUME_FIELDS, `${field}.fieldRef`));
    if (resourceFieldRef) {
      const detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
      errors.push(fieldInvalid(field, "resource", detail));
    }
  } else if (resourceFieldRef) {
    errors.push(...validateResourceFieldRef(resourceFieldRef, `${field}.resourceFieldRef`, true));
  } else errors.push(fieldRequired(field, "one of fieldRef and resourceFieldRef is required"));
  return [...errors, ...validateMode(mode, `${field}.mode`)];
}

/** (validateProjectedVolumeSource) */
export function validateProjected(
  { defaultMode, sources = [] }: ProjectedVolumeSource,
  field: string,
  options: ValidationOptions,
): FieldError[] {
  const taken = new Set<string>();
  /** No two sources may write one file. */
  const claim = (path: string | undefined, value: string): FieldError[] => {
    if (!path) return [];
    if (taken.has(path)) return [fieldInvalid(field, value, "conflicting duplicate paths")];
    taken.add(path);
    return [];
  };
  return [
    ...validateMode(defaultMode, `${field}.defaultMode`),
    ...sources.flatMap((source, i) => {
      const at = `${field}.sources[${i}]`;
      const errors = [
        ...validateObjects(source, at, claim),
        ...(source.downwardAPI?.items ?? []).flatMap((file) => [
          ...validateDownwardFile(file, `${at}.downwardAPI`),
          ...claim(file.path, file.path),
        ]),
        ...validateToken(source.serviceAccountToken, { field, at }, options),
      ];
      // An empty source is let pass.
      if (Object.values(source).filter((given) => given !== undefined).length > 1) {
        errors.push(fieldForbidden(at, "may not specify more than 1 volume type per source"));
      }
      return errors;
    }),
  ];
}

function validateObjects(
  source: VolumeProjection,
  field: string,
  claim: (path: string | undefined, value: string) => FieldError[],
): FieldError[] {
  return (["secret", "configMap"] as const).flatMap((kind) => {
    const object = source[kind];
    if (!object) return [];
    const { name = "", items = [] } = object;
    return [
      ...needed(name, `${field}.${kind}.name`),
      ...items.flatMap((item, i) => [
        ...validateKeyFile(item, `${field}.${kind}.items[${i}]`),
        ...claim(item.path, name),
      ]),
    ];
  });
}

function validateToken(
  token: VolumeProjection["serviceAccountToken"],
  { field, at }: { field: string; at: string },
  options: ValidationOptions,
): FieldError[] {
  if (!token) return [];
  const { expirationSeconds = 0, path = "" } = token;
  const errors: FieldError[] = [];
  const wrong = (detail: string) =>
    errors.push(fieldInvalid(`${at}.serviceAccountToken.expirationSeconds`, expirationSeconds, detail));
  if (expirationSeconds < MIN_TOKEN_SECONDS) wrong("may not specify a duration less than 10 minutes");
  if (expirationSeconds > MAX_TOKEN_SECONDS) wrong("may not specify a duration larger than 2^32 seconds");
  // The path is named below the volume, not below the source, as upstream does.
  if (!path) errors.push(fieldRequired(`${field}.path`, ""));
  else if (!options.allowNonLocalTokenPath) errors.push(...validateLocalPath(path, `${field}.path`));
  return errors;
}
