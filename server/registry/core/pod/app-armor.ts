import type { AppArmorProfile, Pod } from "../../../../openapi/api/core.v1.ts";
import { semanticEqual } from "../../../meta/equality.ts";
import {
  type FieldError,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from "../../../meta/field-error.ts";
import { allContainers } from "./resource-lists.ts";

/** Annotation of a container's profile, before there was a field. */
export const APP_ARMOR_PREFIX = "container.apparmor.security.beta.kubernetes.io/";
const MAX_PROFILE_LENGTH = 4095;
const NEEDED = "must be set when AppArmor type is Localhost";

/** The field that says what the annotation says; undefined when it says nothing. */
export function profileOfAnnotation(annotation: string): AppArmorProfile | undefined {
  if (annotation === "unconfined") return { type: "Unconfined" };
  if (annotation === "runtime/default") return { type: "RuntimeDefault" };
  const localhostProfile = annotation.startsWith("localhost/") ? annotation.slice("localhost/".length) : "";
  return localhostProfile ? { type: "Localhost", localhostProfile } : undefined;
}

/** Copies annotations into the fields that came after them. (applyAppArmorVersionSkew of pkg/registry/core/pod) */
export function syncAppArmor({ metadata, spec }: Pod, warn: (text: string) => void): void {
  if (spec?.os?.name === "windows" || !metadata.annotations) return;
  for (const container of allContainers(spec)) {
    const key = APP_ARMOR_PREFIX + container.name;
    const annotation = metadata.annotations[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue;
    const profile = profileOfAnnotation(annotation);
    const valid = profile !== undefined && validateAppArmorProfile(profile, "").length === 0;
    const differs = valid && !semanticEqual(profile, spec?.securityContext?.appArmorProfile);
    if (differs) container.securityContext = { ...container.securityContext, appArmorProfile: profile };
    if (differs || !valid) {
      warn(`metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
    }
  }
}

/** (ValidateAppArmorProfileField) */
export function validateAppArmorProfile(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const field = `${path}.localhostProfile`;
  switch (type) {
    case "Localhost": {
      if (localhostProfile === undefined) return [fieldRequired(field, NEEDED)];
      const errors: FieldError[] = [];
      const trimmed = localhostProfile.trim();
      if (trimmed !== localhostProfile) {
        errors.push(fieldInvalid(field, localhostProfile, "must not be padded with whitespace"));
      } else if (trimmed === "") errors.push(fieldRequired(field, NEEDED));
      if (Buffer.byteLength(localhostProfile) > MAX_PROFILE_LENGTH)
        errors.push(fieldTooLong(field, MAX_PROFILE_LENGTH));
      return errors;
    }
    case "RuntimeDefault":
    case "Unconfined":
      return localhostProfile === undefined
        ? []
        : [fieldInvalid(field, localhostProfile, "can only be set when AppArmor type is Localhost")];
    case "":
      return [fieldRequired(`${path}.type`, "type is required when appArmorProfile is set")];
    default:
      return [fieldNotSupported(`${path}.type`, type, ["Localhost", "RuntimeDefault", "Unconfined"])];
  }
}
