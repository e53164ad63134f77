import type { PodResourceClaim, PodSpec } from "../../../../openapi/api/core.v1.ts";
import type { ObjectMeta } from "../../../../openapi/api/meta.k8s.io.v1.ts";
import { isGiven } from "../../../../openapi/given-empty.ts";
import { dnsLabel, dnsSubdomain, neededOneOf, oneOf, qualifiedName } from "../../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldRequired,
} from "../../../meta/field-error.ts";
import { internalForm } from "../../../meta/internal-form.ts";
import { validateLabels } from "../../../meta/label-validation.ts";
import { getMember } from "../../../meta/members.ts";
import { rangeError } from "../../../meta/names.ts";
import { validateAffinity } from "./affinity-validation.ts";
import { MIRROR } from "./annotation-validation.ts";
import { containersOf } from "./container-paths.ts";
import {
  type ContainerContext,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from "./container-validation.ts";
import {
  validateDNSConfig,
  validateHostAliases,
  validateHostNetwork,
  validateHostnameOverride,
} from "./network-validation.ts";
import { aggregateContainers, isHugePages } from "./resource-lists.ts";
import { isMore, validateContainerResources, validatePodLevelResources } from "./resource-validation.ts";
import { validateSchedulingGates, validateSpread, validateTolerations } from "./scheduling-validation.ts";
import { validateForOs, validatePodSecurityContext } from "./security-context.ts";
import type { ValidationOptions } from "./validation-options.ts";
import { validateVolumes } from "./volume-validation.ts";
import { validateHostProcess } from "./windows.ts";

const MAX_INT32 = 2 ** 31 - 1;
const DNS_POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/** @param meta of the Pod; absent in templates. (ValidatePodSpec of pkg/apis/core/validation) */
export function validatePodSpec(
  spec: PodSpec,
  meta: ObjectMeta | undefined,
  field: string,
  options: ValidationOptions,
): FieldError[] {
  const { valid, errors } = validateVolumes(spec.volumes, { podName: meta?.name ?? "", options }, `${field}.volumes`);
  const claimNames = new Set((spec.resourceClaims ?? []).map(({ name }) => name).filter(Boolean));
  const context: ContainerContext = { spec, volumes: valid, claimNames, options };
  return [
    ...(spec.terminationGracePeriodSeconds === undefined
      ? [fieldRequired(`${field}.terminationGracePeriodSeconds`, "")]
      : []),
    ...errors,
    ...validateResourceClaims(spec.resourceClaims, meta, `${field}.resourceClaims`),
    ...validateContainers(context, `${field}.containers`),
    ...validateInitContainers(context, `${field}.initContainers`),
    ...validateEphemeralContainers(context, `${field}.ephemeralContainers`),
    ...validateWholeResources(context, `${field}.resources`),
    ...validateHostNetwork(spec, field, options),
    ...neededOneOf(spec.restartPolicy, ["Always", "OnFailure", "Never"], `${field}.restartPolicy`),
    ...neededOneOf(spec.dnsPolicy, DNS_POLICIES, `${field}.dnsPolicy`),
    ...validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
    ...validatePodSecurityContext(spec, `${field}.securityContext`, options),
    ...validateAffinity(spec.affinity, `${field}.affinity`, options),
    ...validateDNSConfig(spec.dnsConfig, spec.dnsPolicy, `${field}.dnsConfig`),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType = "" }, i) =>
      qualifiedName(conditionType, `${field}.readinessGates[${i}].conditionType`),
    ),
    ...validateSchedulingGates(spec.schedulingGates, `${field}.schedulingGates`),
    ...validateSpread(spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`, options),
    ...validateHostProcess(spec, field),
    ...validateHostUsers(spec, field, options),
    ...validateHostnameOverride(spec, field),
    ...validateScalars(spec, field, options),
    ...validateFileKeyVolumes(spec, field),
  ];
}

/** Single fields, in upstream's order. */
function validateScalars(spec: PodSpec, field: string, options: ValidationOptions): FieldError[] {
  const { activeDeadlineSeconds: deadline, os, overhead, preemptionPolicy, runtimeClassName } = spec;
  const optional = (
    check: typeof dnsLabel,
    member: "hostname" | "subdomain" | "nodeName" | "serviceAccountName" | "priorityClassName",
  ) => {
    const value = spec[member];
    return value ? check(value, `${field}.${member}`) : [];
  };
  const errors = [...optional(dnsSubdomain, "serviceAccountName"), ...optional(dnsSubdomain, "nodeName")];
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_INT32)) {
    errors.push(fieldInvalid(`${field}.activeDeadlineSeconds`, deadline, rangeError(1, MAX_INT32)));
  }
  errors.push(
    ...optional(dnsLabel, "hostname"),
    ...optional(dnsLabel, "subdomain"),
    ...validateTolerations(spec.tolerations, `${field}.tolerations`, options),
    ...validateHostAliases(spec.hostAliases, `${field}.hostAliases`),
    ...optional(dnsSubdomain, "priorityClassName"),
  );
  if (runtimeClassName !== undefined) errors.push(...dnsSubdomain(runtimeClassName, `${field}.runtimeClassName`));
  if (preemptionPolicy !== undefined) {
    const policies = ["PreemptLowerPriority", "Never"];
    errors.push(...neededOneOf(preemptionPolicy, policies, `${field}.preemptionPolicy`));
  }
  if (overhead) {
    errors.push(...validateContainerResources({ limits: overhead }, new Set(), `${field}.overhead`, options));
  }
  if (!os) return errors;
  if (!os.name) return [...errors, fieldRequired(`${field}.os.name`, "")];
  const wrong = oneOf(os.name, ["linux", "windows"], `${field}.os`);
  return [...errors, ...(wrong.length > 0 ? wrong : validateForOs(spec, field))];
}

/** (validatePodResourceClaims) */
function validateResourceClaims(
  claims: readonly PodResourceClaim[] = [],
  meta: ObjectMeta | undefined,
  field: string,
): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap((claim, i) => {
    if (meta?.annotations?.[MIRROR] !== undefined) {
      return [fieldForbidden("[]", "static pods do not support resource claims")];
    }
    const { name = "", resourceClaimName, resourceClaimTemplateName } = claim;
    const at = `${field}[${i}]`;
    const errors: FieldError[] = [];
    if (!name) errors.push(fieldRequired(`${at}.name`, ""));
    else if (seen.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
    else errors.push(...dnsLabel(name, `${at}.name`));
    seen.add(name);
    const wrong = (detail: string) => errors.push(fieldInvalid(at, internalForm("PodResourceClaim", claim), detail));
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      wrong("at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      wrong("must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    }
    for (const [member, value] of Object.entries({ resourceClaimName, resourceClaimTemplateName })) {
      if (value !== undefined) errors.push(...dnsSubdomain(value, `${at}.${member}`));
    }
    return errors;
  });
}

/** Resources of the Pod as a whole. (validatePodResources) */
function validateWholeResources({ spec, claimNames, options }: ContainerContext, field: string): FieldError[] {
  const { resources, os } = spec;
  if (!resources) return [];
  if (os?.name === "windows") return [fieldForbidden(field, "may not be set for a windows pod")];
  const errors: FieldError[] = [];
  if (isGiven(resources, "claims")) {
    errors.push(fieldForbidden(`${field}.claims`, "claims may not be set for Resources at pod-level"));
  }
  errors.push(...validatePodLevelResources(resources, claimNames, field, options));
  const { requests = {}, limits = {} } = resources;
  for (const [name, total] of Object.entries(aggregateContainers(spec, "requests"))) {
    const whole = getMember(requests, name);
    if (whole === undefined || !isMore(total, whole)) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${total}`;
    errors.push(fieldInvalid(`${field}.requests[${name}]`, whole, detail));
  }
  for (const [name, total] of Object.entries(aggregateContainers(spec, "limits"))) {
    const whole = getMember(limits, name);
    if (whole === undefined || !isHugePages(name) || !isMore(total, whole)) continue;
    const detail = `must be greater than or equal to aggregate container limits of ${total}`;
    errors.push(fieldInvalid(`${field}.limits[${name}]`, whole, detail));
  }
  for (const [i, { resources: own }] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(own?.limits ?? {})) {
      const whole = getMember(limits, name);
      if (whole === undefined || !isMore(limit, whole)) continue;
      const at = `${field}.containers[${i}][${name}].limits`;
      errors.push(fieldInvalid(at, limit, `must be less than or equal to pod limits of ${whole}`));
    }
  }
  return errors;
}

/** A user namespace of its own does not go with namespaces of the node. (validateHostUsers) */
function validateHostUsers(spec: PodSpec, field: string, options: ValidationOptions): FieldError[] {
  if (spec.hostUsers ?? true) return [];
  const text = "when `hostUsers` is false";
  const errors: FieldError[] = [];
  if (spec.hostNetwork) errors.push(fieldForbidden(`${field}.hostNetwork`, text));
  if (spec.hostPID) errors.push(fieldForbidden(`${field}.HostPID`, text));
  if (spec.hostIPC) errors.push(fieldForbidden(`${field}.HostIPC`, text));
  if (options.allowUserNamespacesWithDevices) return errors;
  const withDevices = containersOf(spec, field).filter(({ container }) => container.volumeDevices?.length);
  return [...errors, ...withDevices.map(({ path }) => fieldForbidden(`${path}.volumeDevices`, text))];
}

/** (validateFileKeyRefVolumes) */
function validateFileKeyVolumes(spec: PodSpec, field: string): FieldError[] {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  return containersOf(spec, field).flatMap(({ container, path }) =>
    (container.env ?? []).flatMap(({ valueFrom }, i) => {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (name === undefined) return [];
      const at = `${path}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      const volume = volumes.get(name);
      if (!volume) return [fieldNotFound(at, name)];
      return volume.emptyDir ? [] : [fieldInvalid(at, name, "referenced volume must be of type emptyDir")];
    }),
  );
}
