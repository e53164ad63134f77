import type { Container, ContainerPort, EphemeralContainer, PodSpec } from "../../../../openapi/api/core.v1.ts";
import { isGiven } from "../../../../openapi/given-empty.ts";
import { dnsLabel, invalidEach, needed, neededOneOf, oneOf } from "../../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldNotSupported,
  fieldRequired,
  fieldTooMany,
} from "../../../meta/field-error.ts";
import { validatePortName, validatePortNumber } from "../../../meta/names.ts";
import { validateEnv, validateEnvFrom } from "./env-validation.ts";
import { type Volumes, validateDevices, validateMounts } from "./mount-validation.ts";
import { validateLifecycle, validateProbes } from "./probe-validation.ts";
import { isSidecar } from "./resource-lists.ts";
import { validateContainerResources } from "./resource-validation.ts";
import { validateSecurityContext } from "./security-context.ts";
import type { ValidationOptions } from "./validation-options.ts";

/** What containers are checked against. */
export interface ContainerContext {
  readonly spec: PodSpec;
  readonly volumes: Volumes;
  readonly claimNames: ReadonlySet<string>;
  readonly options: ValidationOptions;
}

export const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

/** (validateContainers of pkg/apis/core/validation) */
export function validateContainers(context: ContainerContext, field: string): FieldError[] {
  const { containers = [], terminationGracePeriodSeconds: gracePeriod, os } = context.spec;
  if (containers.length === 0) return [fieldRequired(field, "")];
  const names = new Set<string>();
  const errors = containers.flatMap((container, i) => {
    const at = `${field}[${i}]`;
    const found = [
      ...validateCommon(container, context, at),
      ...(names.has(container.name) ? [fieldDuplicate(`${at}.name`, container.name)] : []),
      ...validateLifecycle(container, { gracePeriod, os }, `${at}.lifecycle`),
      ...validateProbes(container, gracePeriod, at),
      ...validateRestartPolicy(container, at),
    ];
    names.add(container.name);
    return found;
  });
  return [...errors, ...validateHostPorts(containers, field)];
}

/** (validateInitContainers) */
export function validateInitContainers(context: ContainerContext, field: string): FieldError[] {
  const { containers = [], initContainers = [], terminationGracePeriodSeconds: gracePeriod, os } = context.spec;
  const names = new Set(containers.map(({ name }) => name));
  return initContainers.flatMap((container, i) => {
    const at = `${field}[${i}]`;
    const { name = "", resizePolicy = [] } = container;
    const errors = [...validateCommon(container, context, at), ...validateInitRestartPolicy(container, at)];
    if (names.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
    else if (name) names.add(name);
    // They run one by one, so each is on its own.
    errors.push(...validateHostPorts([container], field));
    if (isSidecar(container)) {
      errors.push(...validateLifecycle(container, { gracePeriod, os }, `${at}.lifecycle`));
      errors.push(...validateProbes(container, gracePeriod, at));
      return errors;
    }
    for (const member of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const) {
      if (!container[member]) continue;
      errors.push(fieldForbidden(`${at}.${member}`, "may not be set for init containers without restartPolicy=Always"));
    }
    for (const [j, { restartPolicy }] of resizePolicy.entries()) {
      if (restartPolicy !== "RestartContainer" || context.options.allowRestartingInitContainers) continue;
      const detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
      errors.push(fieldInvalid(`${at}.resizePolicy[${j}].restartPolicy`, restartPolicy, detail));
    }
    return errors;
  });
}

/** (validateEphemeralContainers) */
export function validateEphemeralContainers(context: ContainerContext, field: string): FieldError[] {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = context.spec;
  const others = new Set([...containers, ...initContainers].map(({ name }) => name));
  const names = new Set(others);
  return ephemeralContainers.flatMap((container, i) => {
    const { name = "", targetContainerName, volumeMounts = [] } = container;
    const at = `${field}[${i}]`;
    // The cast: it has all fields of containers, and one more.
    const errors = [
      ...validateCommon(container as Container, context, at),
      ...validateImageOfPod(container as Container, at),
    ];
    if (names.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
    names.add(name);
    if (targetContainerName && !others.has(targetContainerName)) {
      errors.push(fieldNotFound(`${at}.targetContainerName`, targetContainerName));
    }
    errors.push(...forbidServiceFields(container, at));
    for (const [j, mount] of volumeMounts.entries()) {
      for (const member of ["subPath", "subPathExpr"] as const) {
        if (!mount[member]) continue;
        errors.push(fieldForbidden(`${at}.volumeMounts[${j}].${member}`, "cannot be set for an Ephemeral Container"));
      }
    }
    return errors;
  });
}

/** They are for looking around, nothing may rely on them: not even empty. In the order of the Go struct. */
function forbidServiceFields({ resources, ...others }: EphemeralContainer, field: string): FieldError[] {
  const isLimited = (["limits", "requests", "claims"] as const).some((member) => isGiven(resources, member));
  const given: Partial<EphemeralContainer> = isLimited ? { ...others, resources } : others;
  const members = [
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
  ] as const;
  return members
    .filter((member) => isGiven(given, member))
    .map((member) => fieldForbidden(`${field}.${member}`, "cannot be set for an Ephemeral Container"));
}

/** (validateContainerCommon) */
function validateCommon(container: Container, context: ContainerContext, field: string): FieldError[] {
  const { name = "", image, terminationMessagePolicy } = container;
  const { spec, volumes, claimNames, options } = context;
  const policies = ["File", "FallbackToLogsOnError"];
  return [
    ...(name ? dnsLabel(name, `${field}.name`) : needed(name, `${field}.name`)),
    ...needed(image, `${field}.image`),
    ...neededOneOf(terminationMessagePolicy, policies, `${field}.terminationMessagePolicy`),
    ...validatePorts(container.ports, `${field}.ports`),
    ...validateEnv(container.env, `${field}.env`),
    ...validateEnvFrom(container.envFrom, `${field}.envFrom`),
    ...validateMounts(container, volumes, `${field}.volumeMounts`),
    ...validateDevices(container, volumes, `${field}.volumeDevices`),
    ...neededOneOf(container.imagePullPolicy, PULL_POLICIES, `${field}.imagePullPolicy`),
    ...validateContainerResources(container.resources, claimNames, `${field}.resources`, options),
    ...validateResizePolicies(container, spec.restartPolicy, `${field}.resizePolicy`),
    ...validateSecurityContext(container.securityContext, spec.hostUsers ?? true, `${field}.securityContext`),
  ];
}

/** Templates may leave blanks for somebody to fill in; Pods may not. (validateContainerOnlyForPod) */
export function validateImageOfPod({ image = "" }: Container, field: string): FieldError[] {
  if (image.trim() === image) return [];
  return [fieldInvalid(`${field}.image`, image, "must not have leading or trailing whitespace")];
}

function validatePorts(ports: readonly ContainerPort[] = [], field: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name, containerPort, hostPort, protocol }, i) => {
    const at = `${field}[${i}]`;
    const errors: FieldError[] = [];
    if (name) {
      const wrong = validatePortName(name);
      // Upstream takes the number of the message for the index of what comes next.
      if (wrong.length > 0) errors.push(...invalidEach(name, wrong, `${at}.name`));
      else if (names.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
      else names.add(name);
    }
    if (!containerPort) errors.push(fieldRequired(`${at}.containerPort`, ""));
    else errors.push(...invalidEach(containerPort, validatePortNumber(containerPort), `${at}.containerPort`));
    if (hostPort) errors.push(...invalidEach(hostPort, validatePortNumber(hostPort), `${at}.hostPort`));
    return [...errors, ...neededOneOf(protocol, ["SCTP", "TCP", "UDP"], `${at}.protocol`)];
  });
}

/** (checkHostPortConflicts) */
function validateHostPorts(containers: readonly Container[], field: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, i) =>
    ports.flatMap(({ hostPort, protocol = "", hostIP = "" }, j) => {
      if (!hostPort) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) return [fieldDuplicate(`${field}[${i}].ports[${j}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

/** (validateResizePolicy) */
function validateResizePolicies(
  { resizePolicy = [] }: Container,
  podRestartPolicy: string | undefined,
  field: string,
): FieldError[] {
  const seen = new Set<string>();
  return resizePolicy.flatMap(({ resourceName = "", restartPolicy = "" }, i) => {
    const errors = seen.has(resourceName) ? [fieldDuplicate(`${field}[${i}]`, resourceName)] : [];
    seen.add(resourceName);
    errors.push(...neededOneOf(resourceName, ["cpu", "memory"], field));
    errors.push(...neededOneOf(restartPolicy, ["NotRequired", "RestartContainer"], field));
    if (podRestartPolicy === "Never" && restartPolicy !== "NotRequired") {
      const detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
      errors.push(fieldInvalid(field, restartPolicy, detail));
    }
    return errors;
  });
}

const rulesWithoutPolicy = (field: string): FieldError =>
  fieldRequired(`${field}.restartPolicy`, "must specify restartPolicy when restart rules are used");

/** Rules that no policy goes with are not looked at. (validateInitContainerRestartPolicy) */
function validateInitRestartPolicy(container: Container, field: string): FieldError[] {
  if (container.restartPolicy !== undefined) return validateRestartPolicy(container, field);
  return container.restartPolicyRules?.length ? [rulesWithoutPolicy(field)] : [];
}

/** A container's own policy and rules. (validateContainerRestartPolicy) */
function validateRestartPolicy(container: Container, field: string): FieldError[] {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  const errors: FieldError[] = [];
  if (restartPolicy === undefined) {
    if (rules.length === 0) return [];
    errors.push(rulesWithoutPolicy(field));
  } else errors.push(...oneOf(restartPolicy, ["Always", "Never", "OnFailure"], `${field}.restartPolicy`));
  if (rules.length > MAX_RULES) errors.push(fieldTooMany(`${field}.restartPolicyRules`, rules.length, MAX_RULES));
  for (const [i, { action = "", exitCodes }] of rules.entries()) {
    const at = `${field}.restartPolicyRules[${i}]`;
    errors.push(...oneOf(action, ["Restart", "RestartAllContainers"], `${at}.action`));
    if (!exitCodes) {
      errors.push(fieldRequired(`${at}.exitCodes`, "must be specified"));
      continue;
    }
    const { operator = "", values = [] } = exitCodes;
    if (operator !== "In" && operator !== "NotIn") {
      errors.push(fieldNotSupported(`${at}.exitCodes.operator`, operator, ["In", "NotIn"]));
    }
    if (values.length > MAX_EXIT_CODES) {
      errors.push(fieldTooMany(`${at}.exitCodes.values`, values.length, MAX_EXIT_CODES));
    }
  }
  return errors;
}
