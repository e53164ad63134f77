import type { PodSpec, SeccompProfile } from "../../../../openapi/api/core.v1.ts";
import type { ObjectMeta } from "../../../../openapi/api/meta.k8s.io.v1.ts";
import { type FieldError, fieldForbidden, fieldInvalid } from "../../../meta/field-error.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import { APP_ARMOR_PREFIX } from "./app-armor.ts";
import { containersOf } from "./container-paths.ts";
import { validateDeletionCost } from "./deletion-cost.ts";
import type { ValidationOptions } from "./validation-options.ts";
import { validateDescendingPath } from "./volume-paths.ts";

type Annotations = Readonly<Record<string, string>>;

/** On Pods that a kubelet made of a file. */
export const MIRROR = "kubernetes.io/config.mirror";
const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
const LOCALHOST = "localhost/";

/** (ValidatePodSpecificAnnotations of pkg/apis/core/validation) */
export function validateAnnotationsOfPod(
  annotations: Annotations = {},
  spec: PodSpec,
  field: string,
  options: ValidationOptions,
): FieldError[] {
  const errors: FieldError[] = [];
  const mirror = annotations[MIRROR];
  if (mirror !== undefined && !spec.nodeName) {
    const detail = "must set spec.nodeName if mirror pod annotation is set";
    errors.push(fieldInvalid(`${field}[${MIRROR}]`, mirror, detail));
  }
  const cost = options.allowInvalidDeletionCost ? undefined : validateDeletionCost(annotations);
  if (cost) errors.push(fieldInvalid(`${field}[${cost.key}]`, cost.value, "must be a 32bit integer"));
  const entries = Object.entries(annotations);
  for (const [key, value] of entries) {
    if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) {
      errors.push(...validateSeccomp(value, `${field}.${key}`));
    }
  }
  const names = new Set(containersOf(spec, "").map(({ container }) => container.name));
  for (const [key, value] of entries) {
    if (!key.startsWith(APP_ARMOR_PREFIX)) continue;
    const name = key.slice(APP_ARMOR_PREFIX.length);
    if (!names.has(name)) errors.push(fieldInvalid(`${field}[${key}]`, name, "container not found"));
    if (!["", "runtime/default", "unconfined"].includes(value) && !value.startsWith(LOCALHOST)) {
      errors.push(fieldInvalid(`${field}[${key}]`, value, `invalid AppArmor profile name: ${goQuote(value)}`));
    }
  }
  return errors;
}

function validateSeccomp(value: string, field: string): FieldError[] {
  if (["runtime/default", "docker/default", "unconfined"].includes(value)) return [];
  if (value.startsWith(LOCALHOST)) return validateDescendingPath(value.slice(LOCALHOST.length), field);
  return [fieldInvalid(field, value, "must be a valid seccomp profile")];
}

/** Nobody may take a Pod's confinement or its mirror mark away, or add one. (ValidatePodSpecificAnnotationUpdates) */
export function validateAnnotationChanges(now: Annotations = {}, old: Annotations = {}, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(old)) {
    if (now[key] === value) continue;
    if (key.startsWith(APP_ARMOR_PREFIX)) {
      errors.push(fieldForbidden(`${field}[${key}]`, "may not remove or update AppArmor annotations"));
    }
    if (key === MIRROR)
      errors.push(fieldForbidden(`${field}[${key}]`, "may not remove or update mirror pod annotation"));
  }
  for (const key of Object.keys(now)) {
    if (old[key] !== undefined) continue;
    if (key.startsWith(APP_ARMOR_PREFIX))
      errors.push(fieldForbidden(`${field}[${key}]`, "may not add AppArmor annotations"));
    if (key === MIRROR) errors.push(fieldForbidden(`${field}[${key}]`, "may not add mirror pod annotation"));
  }
  return errors;
}

/** Annotations of long ago must not say something else than the fields. */
export function validateProfilesMatch({ annotations = {} }: ObjectMeta, spec: PodSpec, field: string): FieldError[] {
  const seccomp = (annotation: string | undefined, profile: SeccompProfile | undefined, at: string) =>
    annotation === undefined || !profile
      ? []
      : matchProfile(annotation, profile, `${at}.securityContext.seccompProfile`, "seccomp");
  const containers = containersOf(spec, field);
  const errors = [
    ...seccomp(annotations[SECCOMP_POD], spec.securityContext?.seccompProfile, field),
    ...containers.flatMap(({ container, path }) =>
      seccomp(annotations[SECCOMP_CONTAINER + container.name], container.securityContext?.seccompProfile, path),
    ),
  ];
  if (spec.os?.name === "windows") return errors;
  for (const { container, path } of containers) {
    const profile = container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
    const annotation = annotations[APP_ARMOR_PREFIX + container.name];
    if (!profile || annotation === undefined) continue;
    errors.push(...matchProfile(annotation, profile, `${path}.securityContext.appArmorProfile`, "apparmor"));
  }
  return errors;
}

function matchProfile(
  annotation: string,
  { type, localhostProfile }: SeccompProfile,
  field: string,
  what: "seccomp" | "apparmor",
): FieldError[] {
  const differs = [fieldForbidden(`${field}.type`, `${what} type in annotation and field must match`)];
  switch (type) {
    case "Unconfined":
      return annotation === "unconfined" ? [] : differs;
    case "RuntimeDefault": {
      const docker = what === "seccomp" && annotation === "docker/default";
      return annotation === "runtime/default" || docker ? [] : differs;
    }
    case "Localhost":
      if (!annotation.startsWith(LOCALHOST)) return differs;
      if (annotation.slice(LOCALHOST.length) === localhostProfile) return [];
      return [fieldForbidden(`${field}.localhostProfile`, `${what} profile in annotation and field must match`)];
    default:
      return [];
  }
}
