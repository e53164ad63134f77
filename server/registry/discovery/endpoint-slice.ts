import type { Endpoint, EndpointPort, EndpointSlice } from "../../../openapi/api/discovery.k8s.io.v1.ts";
import { validateFullyQualifiedDomainName } from "../../meta/domain-names.ts";
import { semanticEqual } from "../../meta/equality.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooMany,
} from "../../meta/field-error.ts";
import { isIPv4, parseIp } from "../../meta/ip.ts";
import { validateIP, validateIPForLegacyField, warningsForIP } from "../../meta/ip-validation.ts";
import { validateLabels } from "../../meta/label-validation.ts";
import {
  validateDNS1123Label,
  validateDNS1123Subdomain,
  validateLabelValue,
  validateQualifiedName,
} from "../../meta/names.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { repeated } from "../../meta/repeated.ts";
import { defineKind } from "../kind.ts";
import { validateEndpointIp } from "../network/endpoint-ip.ts";

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_ENDPOINTS = 1000;
const MAX_HINTS = 8;
const MAX_TOPOLOGY_LABELS = 16;
const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
/** Controllers that write addresses in canonical form. */
const CAREFUL = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];

/** EndpointSlice, discovery.k8s.io/v1. Follows pkg/registry/discovery/endpointslice and pkg/apis/discovery. */
export const endpointSlice = defineKind<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  defaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
    dropTopology(object, undefined);
  },
  prepareForUpdate(object, old) {
    const wish = ({ metadata, ...rest }: EndpointSlice) => [rest, metadata.labels ?? {}];
    if (!semanticEqual(wish(object), wish(old))) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    dropTopology(object, old);
  },
  validate: (object) => validate(object, undefined),
  updateChecks: ["whole", "own"],
  validateUpdate: (object, old) => [
    ...validate(object, old),
    ...validateImmutable(object.addressType, old.addressType, "addressType"),
  ],
  warnings: (object, old) => [
    ...(!old && object.addressType === "FQDN" ? ["spec.addressType: FQDN endpoints are deprecated"] : []),
    ...warningsOfAddresses(object),
  ],
});

/** Node and zone have fields of their own in v1; the old labels may only be kept. */
function dropTopology(object: EndpointSlice, old: EndpointSlice | undefined): void {
  if (old && semanticEqual(object.endpoints, old.endpoints)) return;
  const known = new Set(
    (old?.endpoints ?? []).map((endpoint) => endpoint.deprecatedTopology?.["kubernetes.io/hostname"]),
  );
  for (const endpoint of object.endpoints ?? []) {
    const host = endpoint.deprecatedTopology?.["kubernetes.io/hostname"];
    if (endpoint.nodeName === undefined && host && known.has(host)) endpoint.nodeName = host;
    delete endpoint.deprecatedTopology;
  }
}

function validate(object: EndpointSlice, old: EndpointSlice | undefined): FieldError[] {
  const { addressType, ports, endpoints } = object;
  const errors: FieldError[] = [];
  if (!addressType) errors.push(fieldRequired("addressType", ""));
  else if (!ADDRESS_TYPES.includes(addressType)) {
    errors.push(fieldNotSupported("addressType", addressType, ADDRESS_TYPES));
  }
  errors.push(...validatePorts(ports ?? []));
  // What was valid once stays valid.
  if (!old || !semanticEqual(endpoints, old.endpoints)) errors.push(...validateEndpoints(endpoints ?? [], addressType));
  return errors;
}

function validatePorts(ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > MAX_PORTS) return [fieldTooMany("ports", ports.length, MAX_PORTS)];
  const repeats = repeated(ports, ({ name = "" }) => name);
  return ports.flatMap(({ name = "", protocol, appProtocol }, index) => {
    const field = `ports[${index}]`;
    const errors: FieldError[] = [];
    if (name) errors.push(...validateDNS1123Label(name).map((text) => fieldInvalid(`${field}.name`, name, text)));
    if (repeats.has(index)) errors.push(fieldDuplicate(`${field}.name`, name));
    if (protocol === undefined) errors.push(fieldRequired(`${field}.protocol`, ""));
    else if (!PROTOCOLS.includes(protocol)) errors.push(fieldNotSupported(`${field}.protocol`, protocol, PROTOCOLS));
    if (appProtocol !== undefined) {
      const wrong = validateQualifiedName(appProtocol);
      errors.push(...wrong.map((text) => fieldInvalid(`${field}.appProtocol`, appProtocol, text)));
    }
    return errors;
  });
}

function validateEndpoints(endpoints: readonly Endpoint[], addressType: string): FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS) return [fieldTooMany("endpoints", endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap((endpoint, index) => validateEndpoint(endpoint, addressType, `endpoints[${index}]`));
}

function validateEndpoint(endpoint: Endpoint, addressType: string, field: string): FieldError[] {
  const { nodeName, hostname, deprecatedTopology = {}, hints } = endpoint;
  const addresses = endpoint.addresses ?? [];
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(fieldRequired(`${field}.addresses`, "must contain at least 1 address"));
  else if (addresses.length > MAX_ADDRESSES) {
    errors.push(fieldTooMany(`${field}.addresses`, addresses.length, MAX_ADDRESSES));
  }
  errors.push(...addresses.flatMap((address, i) => validateAddress(address, addressType, `${field}.addresses`, i)));
  if (nodeName !== undefined) {
    const wrong = validateDNS1123Subdomain(nodeName);
    errors.push(...wrong.map((text) => fieldInvalid(`${field}.nodeName`, nodeName, text)));
  }
  const labels = Object.keys(deprecatedTopology).length;
  if (labels > MAX_TOPOLOGY_LABELS) {
    errors.push(fieldTooMany(`${field}.deprecatedTopology`, labels, MAX_TOPOLOGY_LABELS));
  }
  errors.push(...validateLabels(deprecatedTopology, `${field}.deprecatedTopology`));
  if (hostname !== undefined) {
    errors.push(...validateDNS1123Label(hostname).map((text) => fieldInvalid(`${field}.hostname`, hostname, text)));
  }
  if (hints) {
    errors.push(...validateHints(hints.forZones ?? [], `${field}.hints.forZones`, validateLabelValue));
    errors.push(...validateHints(hints.forNodes ?? [], `${field}.hints.forNodes`, validateDNS1123Subdomain));
  }
  return errors;
}

function validateAddress(address: string, addressType: string, list: string, index: number): FieldError[] {
  const field = `${list}[${index}]`;
  if (addressType === "FQDN") return validateFullyQualifiedDomainName(address, field);
  if (addressType !== "IPv4" && addressType !== "IPv6") return [];
  const errors = addressType === "IPv4" ? validateIPForLegacyField(address, field) : validateIP(address, field);
  if (errors.length > 0) return errors;
  const ip = parseIp(address);
  // Here upstream's path is that of the list.
  if (ip && isIPv4(ip) !== (addressType === "IPv4")) {
    errors.push(fieldInvalid(list, address, `must be an ${addressType} address`));
  }
  return [...errors, ...validateEndpointIp(address, field)];
}

function validateHints(
  hints: readonly { readonly name: string }[],
  field: string,
  check: (name: string) => string[],
): FieldError[] {
  if (hints.length > MAX_HINTS) return [fieldTooMany(field, hints.length, MAX_HINTS)];
  return hints.flatMap(({ name }, index) => {
    const path = `${field}[${index}].name`;
    const isRepeated = hints.slice(0, index).some((other) => other.name === name);
    return [
      ...(isRepeated ? [fieldDuplicate(path, name)] : []),
      ...check(name).map((text) => fieldInvalid(path, name, text)),
    ];
  });
}

function warningsOfAddresses({ metadata, endpoints }: EndpointSlice): string[] {
  if (CAREFUL.includes(metadata?.labels?.[MANAGED_BY] ?? "")) return [];
  return (endpoints ?? []).flatMap((endpoint, i) =>
    (endpoint.addresses ?? []).flatMap((address, j) => warningsForIP(address, `endpoints[${i}].addresses[${j}]`)),
  );
}
