import type { LoadBalancerStatus, Service, ServicePort } from "../../../../openapi/api/core.v1.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../../meta/field-error.ts";
import { parseIp } from "../../../meta/ip.ts";
import { validateCIDRForLegacyField, validateIPForLegacyField } from "../../../meta/ip-validation.ts";
import { validateLabels } from "../../../meta/label-validation.ts";
import {
  validateDNS1123Label,
  validateDNS1123Subdomain,
  validatePortName,
  validatePortNumber,
  validateQualifiedName,
} from "../../../meta/names.ts";
import { repeated } from "../../../meta/repeated.ts";
import { validateEndpointIp } from "../../network/endpoint-ip.ts";
import { validateClusterIPs, validateClusterIPUpdate } from "./cluster-ip-validation.ts";
import { isExternallyAccessible, isHeadless, needsHealthCheck } from "./fields.ts";

const HINTS = "service.kubernetes.io/topology-aware-hints";
const MODE = "service.kubernetes.io/topology-mode";
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";
const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const AFFINITIES = ["ClientIP", "None"];
const TRAFFIC_POLICIES = ["Cluster", "Local"];
const DISTRIBUTIONS = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const IP_MODES = ["Proxy", "VIP"];
const MAX_AFFINITY_SECONDS = 86_400;
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

type Spec = Readonly<Service["spec"]>;

const invalidBy = (field: string, value: unknown, messages: readonly string[]): FieldError[] =>
  messages.map((message) => fieldInvalid(field, value, message));

/** (pkg/apis/core/validation validateService) */
export function validateService(service: Readonly<Service>, old?: Readonly<Service>): FieldError[] {
  const { spec } = service;
  return [
    ...validateTopology(service),
    ...validateType(service),
    ...validatePorts(spec.ports ?? []),
    ...validateLabels(spec.selector, "spec.selector"),
    ...validateAffinity(spec),
    ...validateClusterIPs(service, old),
    ...(spec.externalIPs ?? []).flatMap((ip, index) => {
      const errors = validateIPForLegacyField(ip, `spec.externalIPs[${index}]`, old?.spec.externalIPs);
      return errors.length > 0 ? errors : validateEndpointIp(ip, `spec.externalIPs[${index}]`);
    }),
    ...validateOneOf("spec.type", spec.type, TYPES),
    ...validateNodePorts(spec),
    ...validateRepeatedPorts(spec),
    ...validateSourceRanges(service, old),
    ...validateLoadBalancer(spec),
    ...validateExternalTraffic(service),
    ...validateInternalTraffic(spec),
  ];
}

export function validateServiceUpdate(service: Readonly<Service>, old: Readonly<Service>): FieldError[] {
  const errors = validateClusterIPUpdate(service, old);
  const [spec, before] = [service.spec, old.spec];
  const field = "spec.loadBalancerClass";
  if (
    spec.type === "LoadBalancer" &&
    before.type === "LoadBalancer" &&
    spec.loadBalancerClass !== before.loadBalancerClass
  ) {
    errors.push(fieldInvalid(field, spec.loadBalancerClass, "may not change once set"));
  }
  errors.push(...validateLoadBalancerClass(spec));
  if (needsHealthCheck(old) && needsHealthCheck(service) && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(fieldForbidden("spec.healthCheckNodePort", "field is immutable"));
  }
  return [...errors, ...validateService(service, old)];
}

function validateOneOf(field: string, value: string | undefined, valid: readonly string[]): FieldError[] {
  if (!value) return [fieldRequired(field, "")];
  return valid.includes(value) ? [] : [fieldNotSupported(field, value, valid)];
}

function validateTopology({ metadata }: Readonly<Service>): FieldError[] {
  const { [HINTS]: hints, [MODE]: mode } = metadata.annotations ?? {};
  if (hints === undefined || mode === undefined || hints === mode) return [];
  const detail = `must match annotations[${HINTS}] when both are specified`;
  return [fieldInvalid(`metadata.annotations[${MODE}]`, mode, detail)];
}

function validateType(service: Readonly<Service>): FieldError[] {
  const { spec } = service;
  const { type = "" } = spec;
  const errors: FieldError[] = [];
  if (!spec.ports?.length && !isHeadless(service) && type !== "ExternalName")
    errors.push(fieldRequired("spec.ports", ""));
  if (type === "LoadBalancer" || type === "NodePort") {
    const detail = `may not be set to 'None' for ${type} services`;
    if (isHeadless(service)) errors.push(fieldInvalid("spec.clusterIPs[0]", "None", detail));
  } else if (type === "ExternalName") {
    const detail = "may not be set for ExternalName services";
    if (spec.clusterIPs?.length) errors.push(fieldForbidden("spec.clusterIPs", detail));
    if (spec.ipFamilies?.length) errors.push(fieldForbidden("spec.ipFamilies", detail));
    if (spec.ipFamilyPolicy !== undefined) errors.push(fieldForbidden("spec.ipFamilyPolicy", detail));
    const name = (spec.externalName ?? "").replace(/\.$/, "");
    if (name) errors.push(...invalidBy("spec.externalName", name, validateDNS1123Subdomain(name)));
    else errors.push(fieldRequired("spec.externalName", ""));
  }
  return errors;
}

function validatePorts(ports: readonly ServicePort[]): FieldError[] {
  const repeats = repeated(ports, ({ name }) => name);
  return ports.flatMap((port, index) => validatePort(port, index, { isOnly: ports.length === 1, repeats }));
}

function validatePort(
  port: Readonly<ServicePort>,
  index: number,
  { isOnly, repeats }: { isOnly: boolean; repeats: ReadonlySet<number> },
): FieldError[] {
  const { name = "", targetPort, appProtocol } = port;
  const field = `spec.ports[${index}]`;
  const errors: FieldError[] = [];
  if (name) {
    errors.push(...invalidBy(`${field}.name`, name, validateDNS1123Label(name)));
    if (repeats.has(index)) errors.push(fieldDuplicate(`${field}.name`, name));
  } else if (!isOnly) errors.push(fieldRequired(`${field}.name`, ""));
  errors.push(
    ...invalidBy(`${field}.port`, port.port, validatePortNumber(port.port)),
    ...validateOneOf(`${field}.protocol`, port.protocol, PROTOCOLS),
  );
  const wrong = typeof targetPort === "number" ? validatePortNumber(targetPort) : validatePortName(targetPort);
  errors.push(...invalidBy(`${field}.targetPort`, targetPort, wrong));
  if (appProtocol !== undefined) {
    errors.push(...invalidBy(`${field}.appProtocol`, appProtocol, validateQualifiedName(appProtocol)));
  }
  return errors;
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: Spec): FieldError[] {
  const errors = validateOneOf("spec.sessionAffinity", sessionAffinity, AFFINITIES);
  const field = "spec.sessionAffinityConfig";
  if (sessionAffinity === "None" && config) {
    errors.push(fieldForbidden(field, "must not be set when session affinity is None"));
  }
  if (sessionAffinity !== "ClientIP") return errors;
  const detail = "when session affinity type is ClientIP";
  if (!config) return [...errors, fieldRequired(field, detail)];
  if (!config.clientIP) return [...errors, fieldRequired(`${field}.clientIP`, detail)];
  const { timeoutSeconds } = config.clientIP;
  if (timeoutSeconds === undefined) return [...errors, fieldRequired(`${field}.clientIP.timeoutSeconds`, detail)];
  if (timeoutSeconds <= 0 || timeoutSeconds > MAX_AFFINITY_SECONDS) {
    const range = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
    errors.push(fieldInvalid(`${field}.clientIP.timeoutSeconds`, timeoutSeconds, range));
  }
  return errors;
}

function validateNodePorts({ type, ports = [] }: Spec): FieldError[] {
  const detail = "may not be used when `type` is 'ClusterIP'";
  const unused =
    type === "ClusterIP"
      ? ports.flatMap(({ nodePort }, i) => (nodePort ? [fieldForbidden(`spec.ports[${i}].nodePort`, detail)] : []))
      : [];
  const repeats = repeated(ports, ({ nodePort, protocol }) => `${protocol}/${nodePort}`);
  const errors = ports.flatMap(({ nodePort }, index) =>
    nodePort && repeats.has(index) ? [fieldDuplicate(`spec.ports[${index}].nodePort`, nodePort)] : [],
  );
  return [...unused, ...errors];
}

function validateRepeatedPorts({ ports = [] }: Spec): FieldError[] {
  const repeats = repeated(ports, ({ port, protocol = "" }) => `${protocol}/${port}`);
  return ports.flatMap(({ port, protocol = "" }, index) => {
    // The names are those of the Go type.
    const key = { Name: "", Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    return repeats.has(index) ? [fieldDuplicate(`spec.ports[${index}]`, key)] : [];
  });
}

// The path's capital L is upstream's.
function validateSourceRanges({ metadata, spec }: Readonly<Service>, old?: Readonly<Service>): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const annotation = metadata.annotations?.[SOURCE_RANGES];
  const isLoadBalancer = spec.type === "LoadBalancer";
  if (ranges.length > 0) {
    const field = "spec.LoadBalancerSourceRanges";
    const stored = old?.spec.loadBalancerSourceRanges?.map((range) => range.trim());
    return [
      ...(isLoadBalancer ? [] : [fieldForbidden(field, ONLY_LOAD_BALANCER)]),
      ...ranges.flatMap((range, index) => validateCIDRForLegacyField(range.trim(), `${field}[${index}]`, stored)),
    ];
  }
  if (annotation === undefined) return [];
  const field = `metadata.annotations[${SOURCE_RANGES}]`;
  const errors = isLoadBalancer ? [] : [fieldForbidden(field, ONLY_LOAD_BALANCER)];
  if (old?.metadata.annotations?.[SOURCE_RANGES] === annotation || !annotation.trim()) return errors;
  const list = annotation.trim().split(",");
  return [...errors, ...list.flatMap((range) => validateCIDRForLegacyField(range.trim(), field))];
}

function validateLoadBalancer(spec: Spec): FieldError[] {
  const { type, allocateLoadBalancerNodePorts: allocates } = spec;
  const errors: FieldError[] = [];
  if (allocates !== undefined && type !== "LoadBalancer") {
    errors.push(fieldForbidden("spec.allocateLoadBalancerNodePorts", ONLY_LOAD_BALANCER));
  }
  if (allocates === undefined && type === "LoadBalancer")
    errors.push(fieldRequired("allocateLoadBalancerNodePorts", ""));
  return [...errors, ...validateLoadBalancerClass(spec)];
}

function validateLoadBalancerClass({ type, loadBalancerClass }: Spec): FieldError[] {
  if (loadBalancerClass === undefined) return [];
  const field = "spec.loadBalancerClass";
  if (type !== "LoadBalancer") return [fieldForbidden(field, ONLY_LOAD_BALANCER)];
  return invalidBy(field, loadBalancerClass, validateQualifiedName(loadBalancerClass));
}

function validateExternalTraffic(service: Readonly<Service>): FieldError[] {
  const { externalTrafficPolicy: policy, healthCheckNodePort: port } = service.spec;
  const errors: FieldError[] = [];
  if (isExternallyAccessible(service))
    errors.push(...validateOneOf("spec.externalTrafficPolicy", policy, TRAFFIC_POLICIES));
  else if (policy) {
    errors.push(
      fieldInvalid("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services"),
    );
  }
  const field = "spec.healthCheckNodePort";
  if (!needsHealthCheck(service)) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    if (port) errors.push(fieldInvalid(field, port, detail));
  } else if (!port) errors.push(fieldRequired(field, ""));
  else errors.push(...invalidBy(field, port, validatePortNumber(port)));
  return errors;
}

function validateInternalTraffic({
  type = "",
  internalTrafficPolicy: policy,
  trafficDistribution,
}: Spec): FieldError[] {
  const errors: FieldError[] = [];
  const field = "spec.internalTrafficPolicy";
  if (policy === undefined) {
    if (["NodePort", "LoadBalancer", "ClusterIP"].includes(type)) errors.push(fieldRequired(field, ""));
  } else if (!TRAFFIC_POLICIES.includes(policy)) errors.push(fieldNotSupported(field, policy, TRAFFIC_POLICIES));
  if (trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution)) {
    errors.push(fieldNotSupported("spec.trafficDistribution", trafficDistribution, DISTRIBUTIONS));
  }
  return errors;
}

/** (ValidateLoadBalancerStatus) */
export function validateLoadBalancerStatus(
  { ingress = [] }: Readonly<LoadBalancerStatus>,
  old: Readonly<LoadBalancerStatus>,
  isLoadBalancer: boolean,
): FieldError[] {
  const list = "status.loadBalancer.ingress";
  if (!isLoadBalancer && ingress.length > 0) {
    return [fieldForbidden(list, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  const stored = (old.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  return ingress.flatMap(({ ip, ipMode, hostname }, index) => {
    const field = `${list}[${index}]`;
    const errors = ip ? validateIPForLegacyField(ip, `${field}.ip`, stored) : [];
    if (ipMode === undefined) {
      if (ip) errors.push(fieldRequired(`${field}.ipMode`, "must be specified when `ip` is set"));
    } else if (!ip) errors.push(fieldForbidden(`${field}.ipMode`, "may not be specified when `ip` is not set"));
    else if (!IP_MODES.includes(ipMode)) errors.push(fieldNotSupported(`${field}.ipMode`, ipMode, IP_MODES));
    return [...errors, ...validateIngressHostname(hostname, `${field}.hostname`)];
  });
}

/** A name, and not an address. */
export function validateIngressHostname(hostname: string | undefined, field: string): FieldError[] {
  if (!hostname) return [];
  const errors = invalidBy(field, hostname, validateDNS1123Subdomain(hostname));
  if (parseIp(hostname)) errors.push(fieldInvalid(field, hostname, "must be a DNS name, not an IP address"));
  return errors;
}
