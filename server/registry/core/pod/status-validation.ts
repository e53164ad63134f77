import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from "../../../../openapi/api/core.v1.ts";
import { dnsLabel, dnsSubdomain, needed, oneOf, qualifiedName } from "../../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInternalError,
  fieldInvalid,
  fieldRequired,
} from "../../../meta/field-error.ts";
import { internalForm } from "../../../meta/internal-form.ts";
import { parseIp } from "../../../meta/ip.ts";
import { validateIPForLegacyField } from "../../../meta/ip-validation.ts";
import { getMember } from "../../../meta/members.ts";
import { validateImmutable } from "../../../meta/object-meta.ts";
import { userId } from "./field-checks.ts";
import { validateAnnotationUpdates } from "./update-validation.ts";

const SYSTEM_CONDITIONS = ["PodScheduled", "Ready", "Initialized"];
const LISTS = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] as const;

/** (ValidatePodStatusUpdate of pkg/apis/core/validation) */
export function validateStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const status = pod.status ?? {};
  const before = old.status ?? {};
  const spec = pod.spec ?? {};
  return [
    ...validateAnnotationUpdates(pod, old),
    ...validateConditions(status),
    ...validateNomination(status, before, old.spec),
    ...((status.observedGeneration ?? 0) < 0
      ? [fieldInvalid("status.observedGeneration", status.observedGeneration, "must be a non-negative integer")]
      : []),
    ...validateImmutable(status.qosClass ?? "", before.qosClass ?? "", "status.qosClass"),
    ...LISTS.flatMap((list) => validateTransitions(status[list], before[list], list, old.spec ?? {})),
    ...validateClaimStatuses(status, spec),
    ...validateExtendedResources(status, spec),
    ...validatePodIPs(status, before),
    ...validateHostIPs(status, before),
    ...LISTS.flatMap((list) => validateUsers(status[list], `status.${list}`, spec)),
    ...validateHealth(status.containerStatuses, "status.containerStatuses", spec.containers),
    ...validateHealth(status.initContainerStatuses, "status.initContainerStatuses", spec.initContainers),
    ...(status.ephemeralContainerStatuses ?? []).flatMap(({ allocatedResourcesStatus }, i) =>
      allocatedResourcesStatus?.length
        ? [
            fieldForbidden(
              `status.ephemeralContainerStatuses[${i}].allocatedResourcesStatus`,
              "must not be specified in container status",
            ),
          ]
        : [],
    ),
  ];
}

function validateConditions({ conditions = [] }: PodStatus): FieldError[] {
  return conditions.flatMap(({ type = "", observedGeneration = 0 }, i) => {
    const at = `status.conditions[${i}]`;
    const errors =
      observedGeneration < 0
        ? [fieldInvalid(`${at}.observedGeneration`, observedGeneration, "must be a non-negative integer")]
        : [];
    return SYSTEM_CONDITIONS.includes(type) ? errors : [...errors, ...qualifiedName(type, `${at}.Type`)];
  });
}

function validateNomination({ nominatedNodeName: name }: PodStatus, old: PodStatus, spec: PodSpec | undefined) {
  if (!name || name === old.nominatedNodeName) return [];
  const field = "status.nominatedNodeName";
  const errors = dnsSubdomain(name, field);
  if (!spec?.nodeName) return errors;
  return [...errors, fieldForbidden(field, "may not be set on pods that are already bound to a node")];
}

/** What has ended stays so, unless it may start again. (ValidateContainerStateTransition and its siblings) */
function validateTransitions(
  statuses: readonly ContainerStatus[] = [],
  old: readonly ContainerStatus[] = [],
  list: (typeof LISTS)[number],
  spec: PodSpec,
): FieldError[] {
  const containers = list === "containerStatuses" ? spec.containers : spec.initContainers;
  const restartsAll = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].some(({ restartPolicyRules = [] }) =>
    restartPolicyRules.some(({ action }) => action === "RestartAllContainers"),
  );
  const isEphemeral = list === "ephemeralContainerStatuses";
  if (restartsAll && !isEphemeral) return [];
  return old.flatMap(({ name, state }, i) => {
    const now = statuses.find((status) => status.name === name);
    if (!state?.terminated || !now || now.state?.terminated) return [];
    const container = isEphemeral ? undefined : containers?.find((other) => other.name === name);
    if (container && restarts(container, spec, state.terminated.exitCode)) return [];
    return [fieldForbidden(`status.${list}[${i}].state`, "may not be transitioned to non-terminated state")];
  });
}

/** (ContainerShouldRestart of pkg/api/v1/pod) */
function restarts({ restartPolicy, restartPolicyRules = [] }: Container, spec: PodSpec, exitCode: number): boolean {
  if (restartPolicy !== undefined) {
    const matches = restartPolicyRules.some(({ exitCodes }) => {
      const listed = exitCodes?.values?.includes(exitCode) ?? false;
      return exitCodes?.operator === "In" ? listed : exitCodes?.operator === "NotIn" && !listed;
    });
    if (matches) return true;
  }
  const policy = restartPolicy ?? spec.restartPolicy;
  return policy === "OnFailure" ? exitCode !== 0 : policy !== "Never";
}

function validateClaimStatuses({ resourceClaimStatuses = [] }: PodStatus, spec: PodSpec): FieldError[] {
  const known = new Set((spec.resourceClaims ?? []).map(({ name }) => name));
  const seen = new Set<string>();
  return resourceClaimStatuses.flatMap(({ name = "", resourceClaimName }, i) => {
    const at = `status.resourceClaimStatuses[${i}]`;
    const errors: FieldError[] = [];
    if (!known.has(name)) {
      const detail = "must match the name of an entry in `spec.resourceClaims`";
      errors.push(fieldInvalid(`${at}.name`, name, detail));
    }
    if (seen.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
    seen.add(name);
    if (resourceClaimName === undefined) return errors;
    return [...errors, ...dnsSubdomain(resourceClaimName, `${at}.resourceClaimName`)];
  });
}

/** (validatePodExtendedResourceClaimStatus) */
function validateExtendedResources({ extendedResourceClaimStatus: status }: PodStatus, spec: PodSpec): FieldError[] {
  if (!status) return [];
  const field = "status.extendedResourceClaimStatus";
  const at = `${field}.requestMappings`;
  const { requestMappings = [], resourceClaimName } = status;
  const containers = new Map([...(spec.initContainers ?? []), ...(spec.containers ?? [])].map((c) => [c.name, c]));
  const seen = new Set<string>();
  const errors = needed(requestMappings.length, at, "at least one request mapping is required");
  for (const [i, { containerName = "", resourceName = "", requestName = "" }] of requestMappings.entries()) {
    const container = containers.get(containerName);
    if (!container) {
      const detail = "must match the name of an entry in spec.initContainers.name or spec.containers.name";
      errors.push(fieldInvalid(`${at}[${i}].containerName`, containerName, detail));
    } else if (getMember(container.resources?.requests ?? {}, resourceName) === undefined) {
      const detail =
        "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests";
      errors.push(fieldInvalid(`${at}[${i}].resourceName`, resourceName, detail));
    }
    errors.push(...dnsLabel(requestName, `${field}.requestName`));
    const key = JSON.stringify([containerName, resourceName, requestName]);
    if (seen.has(key)) {
      for (const [member, value] of Object.entries({ containerName, resourceName, requestName })) {
        errors.push(fieldDuplicate(`${at}[${i}].${member}`, value));
      }
    }
    seen.add(key);
  }
  const name = `${field}.resourceClaimName`;
  return [...errors, ...(resourceClaimName ? dnsSubdomain(resourceClaimName, name) : needed(resourceClaimName, name))];
}

function validatePodIPs({ podIPs = [] }: PodStatus, old: PodStatus): FieldError[] {
  const stored = (old.podIPs ?? []).map(({ ip }) => ip);
  const errors = podIPs.flatMap(({ ip }, i) => validateIPForLegacyField(ip, `status.podIPs[${i}]`, stored));
  return [...errors, ...validateFamilies(podIPs, "status.podIPs", "PodIP")];
}

function validateHostIPs({ hostIP = "", hostIPs = [] }: PodStatus, old: PodStatus): FieldError[] {
  const [first] = hostIPs;
  if (!first) return [];
  const stored = (old.hostIPs ?? []).map(({ ip }) => ip);
  return [
    ...(hostIP === first.ip ? [] : [fieldInvalid("status.hostIPs[0].ip", first.ip, "must be equal to `hostIP`")]),
    ...hostIPs.flatMap(({ ip }, i) => validateIPForLegacyField(ip, `status.hostIPs[${i}]`, stored)),
    ...validateFamilies(hostIPs, "status.hostIPs", "HostIP"),
  ];
}

/** At most one of each family. */
function validateFamilies(ips: readonly { ip: string }[], field: string, type: "PodIP" | "HostIP"): FieldError[] {
  if (ips.length < 2) return [];
  const parsed = ips.map(({ ip }) => parseIp(ip)?.family);
  const wrong = parsed.indexOf(undefined);
  const errors =
    wrong < 0
      ? []
      : [
          fieldInternalError(
            field,
            `failed to check for dual stack with error:invalid IP[${wrong}]: ${ips[wrong]?.ip}`,
          ),
        ];
  if (wrong < 0 && ips.length === 2 && parsed[0] !== parsed[1]) return [];
  return [
    ...errors,
    fieldInvalid(field, internalForm(`[]${type}`, ips), "may specify no more than one IP for each IP family"),
  ];
}

function validateUsers(statuses: readonly ContainerStatus[] = [], field: string, { os }: PodSpec): FieldError[] {
  return statuses.flatMap(({ user }, i) => {
    const at = `${field}[${i}].user.linux`;
    if (!user?.linux) return [];
    if (os?.name === "windows") return [fieldForbidden(at, "cannot be set for a windows pod")];
    const { uid, gid, supplementalGroups = [] } = user.linux;
    return [
      ...userId(uid, `${at}.uid`),
      ...userId(gid, `${at}.gid`),
      ...supplementalGroups.flatMap((group, j) => userId(group, `${at}.supplementalGroups[${j}]`)),
    ];
  });
}

/** (validateContainerStatusAllocatedResourcesStatus) */
function validateHealth(
  statuses: readonly ContainerStatus[] = [],
  field: string,
  containers: readonly Container[] = [],
): FieldError[] {
  return statuses.flatMap(({ name: containerName, allocatedResourcesStatus = [] }, i) =>
    allocatedResourcesStatus.flatMap(({ name = "", resources = [] }, j) => {
      const at = `${field}[${i}].allocatedResourcesStatus[${j}]`;
      const container = containers.find((other) => other.name === containerName);
      const seen = new Set<string>();
      return [
        ...(container ? validateResourceOf(container, name, `${at}.name`) : []),
        ...resources.flatMap(({ resourceID = "", health = "", message }, k) => {
          const path = `${at}.resources[${k}]`;
          const errors = oneOf(health, ["Healthy", "Unhealthy", "Unknown"], `${path}.health`);
          if (message === "") errors.push(fieldRequired(`${path}.message`, "must be non-empty if specified"));
          if (seen.has(resourceID)) errors.push(fieldDuplicate(`${path}.resourceID`, resourceID));
          seen.add(resourceID);
          return errors;
        }),
      ];
    }),
  );
}

function validateResourceOf({ resources }: Container, name: string, field: string): FieldError[] {
  if (!name.startsWith("claim:")) {
    if (getMember(resources?.requests ?? {}, name) !== undefined) return [];
    return [fieldInvalid(field, name, "must match one of the container's resource requests")];
  }
  const claims = (resources?.claims ?? []).map(
    (claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ""}`,
  );
  if (claims.includes(name)) return [];
  const detail =
    "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
  return [fieldInvalid(field, name, detail)];
}
