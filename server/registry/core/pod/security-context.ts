import type {
  PodSpec,
  SeccompProfile,
  SecurityContext,
  WindowsSecurityContextOptions,
} from "../../../../openapi/api/core.v1.ts";
import { isGiven } from "../../../../openapi/given-empty.ts";
import { dnsSubdomain, oneOf } from "../../../meta/field-checks.ts";
import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../../meta/field-error.ts";
import { internalForm } from "../../../meta/internal-form.ts";
import { validateAppArmorProfile } from "./app-armor.ts";
import { containersOf } from "./container-paths.ts";
import { userId } from "./field-checks.ts";
import { validateSysctls } from "./sysctls.ts";
import type { ValidationOptions } from "./validation-options.ts";
import { validateDescendingPath } from "./volume-paths.ts";
import { validateRunAsUserName } from "./windows.ts";

const MAX_GMSA_KIB = 64;

/** Of a container. (ValidateSecurityContext of pkg/apis/core/validation) */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  field: string,
): FieldError[] {
  if (!context) return [];
  const { procMount, privileged, capabilities } = context;
  const errors = [
    ...userId(context.runAsUser, `${field}.runAsUser`),
    ...userId(context.runAsGroup, `${field}.runAsGroup`),
    ...oneOf(procMount, ["Default", "Unmasked"], `${field}.procMount`),
  ];
  if (hostUsers && procMount === "Unmasked") {
    errors.push(fieldInvalid(`${field}.procMount`, procMount, "`hostUsers` must be false to use `Unmasked`"));
  }
  errors.push(...validateSeccompProfile(context.seccompProfile, `${field}.seccompProfile`));
  if (context.allowPrivilegeEscalation === false) {
    const refuse = (what: string) =>
      errors.push(
        fieldInvalid(
          field,
          internalForm("SecurityContext", context),
          `cannot set \`allowPrivilegeEscalation\` to false and ${what}`,
        ),
      );
    if (privileged) refuse("`privileged` to true");
    for (const added of capabilities?.add ?? [])
      if (added === "CAP_SYS_ADMIN") refuse("`capabilities.Add` CAP_SYS_ADMIN");
  }
  return [
    ...errors,
    ...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    ...validateAppArmorProfile(context.appArmorProfile, `${field}.appArmorProfile`),
  ];
}

/** Of a Pod. (validatePodSpecSecurityContext) */
export function validatePodSecurityContext(spec: PodSpec, field: string, options: ValidationOptions): FieldError[] {
  const context = spec.securityContext;
  const errors: FieldError[] = [];
  if (context) {
    errors.push(
      ...userId(context.fsGroup, `${field}.fsGroup`),
      ...userId(context.runAsUser, `${field}.runAsUser`),
      ...userId(context.runAsGroup, `${field}.runAsGroup`),
      ...(context.supplementalGroups ?? []).flatMap((group, i) => userId(group, `${field}.supplementalGroups[${i}]`)),
    );
  }
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = "ShareProcessNamespace and HostPID cannot both be enabled";
    errors.push(fieldInvalid(`${field}.shareProcessNamespace`, true, detail));
  }
  errors.push(...validateSysctls(spec, `${field}.sysctls`, options));
  if (!context) return errors;
  const { fsGroupChangePolicy, supplementalGroupsPolicy, seLinuxChangePolicy } = context;
  const seLinuxPolicies = options.allowSELinuxMountOption ? ["MountOption", "Recursive"] : ["Recursive"];
  return [
    ...errors,
    ...oneOf(fsGroupChangePolicy, ["Always", "OnRootMismatch"], `${field}.fsGroupChangePolicy`),
    ...validateSeccompProfile(context.seccompProfile, `${field}.seccompProfile`),
    ...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    ...validateAppArmorProfile(context.appArmorProfile, `${field}.appArmorProfile`),
    ...oneOf(supplementalGroupsPolicy, ["Merge", "Strict"], `${field}.supplementalGroupsPolicy`),
    // The other policy waits for the SELinuxMount feature.
    ...oneOf(seLinuxChangePolicy, seLinuxPolicies, `${field}.seLinuxChangePolicy`),
  ];
}

/** (validateSeccompProfileField) */
function validateSeccompProfile(profile: SeccompProfile | undefined, field: string): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const errors: FieldError[] = [];
  const types = ["Localhost", "RuntimeDefault", "Unconfined"];
  if (!type) errors.push(fieldRequired(`${field}.type`, "type is required when seccompProfile is set"));
  else if (!types.includes(type)) errors.push(fieldNotSupported(`${field}.type`, type, types));
  const at = `${field}.localhostProfile`;
  if (type === "Localhost") {
    if (localhostProfile === undefined) {
      errors.push(fieldRequired(at, "must be set when seccomp type is Localhost"));
    } else errors.push(...validateDescendingPath(localhostProfile, at));
  } else if (localhostProfile !== undefined) {
    const value = internalForm("SeccompProfile", profile);
    errors.push(fieldInvalid(at, value, "can only be set when seccomp type is Localhost"));
  }
  return errors;
}

/** (validateWindowsSecurityContextOptions) */
function validateWindowsOptions(windows: WindowsSecurityContextOptions | undefined, field: string): FieldError[] {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName } = windows ?? {};
  const errors = name === undefined ? [] : dnsSubdomain(name, `${field}.gmsaCredentialSpecName`);
  if (spec === "") {
    errors.push(fieldInvalid(`${field}.gmsaCredentialSpec`, spec, "gmsaCredentialSpec cannot be an empty string"));
  } else if (spec !== undefined && Buffer.byteLength(spec) > MAX_GMSA_KIB * 1024) {
    const detail = `gmsaCredentialSpec size must be under ${MAX_GMSA_KIB} KiB`;
    errors.push(fieldInvalid(`${field}.gmsaCredentialSpec`, spec, detail));
  }
  return [...errors, ...validateRunAsUserName(runAsUserName, `${field}.runAsUserName`)];
}

/** Linux and Windows know different things. (validateLinux, validateWindows) */
export function validateForOs(spec: PodSpec, field: string): FieldError[] {
  if (spec.os?.name === "linux") return validateForLinux(spec, field);
  return spec.os?.name === "windows" ? validateForWindows(spec, field) : [];
}

function validateForLinux(spec: PodSpec, field: string): FieldError[] {
  const text = "windows options cannot be set for a linux pod";
  const places = [{ context: spec.securityContext, path: field }].concat(
    containersOf(spec, field).map(({ container, path }) => ({ context: container.securityContext, path })),
  );
  return places
    .filter(({ context }) => context?.windowsOptions)
    .map(({ path }) => fieldForbidden(`${path}.securityContext.windowsOptions`, text));
}

const NOT_ON_WINDOWS_POD = [
  "appArmorProfile",
  "seLinuxOptions",
  ".hostUsers",
  ".hostPID",
  ".hostIPC",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  ".shareProcessNamespace",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
];
const NOT_ON_WINDOWS_CONTAINER = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
];

function validateForWindows(spec: PodSpec, field: string): FieldError[] {
  const text = "cannot be set for a windows pod";
  // The casts: looked at by name.
  const ofSpec = spec as Readonly<Record<string, unknown>>;
  const ofContext = (spec.securityContext ?? {}) as Readonly<Record<string, unknown>>;
  // Of no system controls nobody speaks.
  const isThere = (name: string) => (name === "sysctls" ? ofContext[name] !== undefined : isGiven(ofContext, name));
  const pod = NOT_ON_WINDOWS_POD.filter((name) =>
    name.startsWith(".") ? ofSpec[name.slice(1)] !== undefined : isThere(name),
  ).map((name) => fieldForbidden(name.startsWith(".") ? field + name : `${field}.securityContext.${name}`, text));
  const containers = containersOf(spec, field).flatMap(({ container, path }) => {
    const context = (container.securityContext ?? {}) as Readonly<Record<string, unknown>>;
    const members = NOT_ON_WINDOWS_CONTAINER.filter((name) => context[name] !== undefined);
    return members.map((name) => fieldForbidden(`${path}.securityContext.${name}`, text));
  });
  return [...pod, ...containers];
}
