import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from "../../../openapi/api/core.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldInvalid, fieldNotSupported, fieldRequired } from "../../meta/field-error.ts";
import { validateIPForLegacyField, warningsForIP } from "../../meta/ip-validation.ts";
import {
  validateDNS1123Label,
  validateDNS1123Subdomain,
  validatePortNumber,
  validateQualifiedName,
} from "../../meta/names.ts";
import { defineKind } from "../kind.ts";
import { validateEndpointIp } from "../network/endpoint-ip.ts";

const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const MANAGED_BY = "endpoints.kubernetes.io/managed-by";

/** Endpoints, v1. Follows pkg/registry/core/endpoint and pkg/apis/core/{v1,validation}. */
export const endpoints = defineKind<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  allowCreateOnUpdate: true,
  defaults({ subsets = [] }) {
    for (const { ports = [] } of subsets) for (const port of ports) port.protocol ||= "TCP";
  },
  validate: ({ subsets = [] }) => subsets.flatMap(validateSubset),
  // What was valid once stays valid.
  updateChecks: ["changes", "whole", "own"],
  validateUpdate: ({ subsets = [] }, old) =>
    semanticEqual(subsets, old.subsets ?? []) ? [] : subsets.flatMap(validateSubset),
  warnings: ({ metadata, subsets = [] }) =>
    metadata.labels?.[MANAGED_BY] === "endpoint-controller" ? [] : subsets.flatMap(warningsOfSubset),
});

function validateSubset(subset: EndpointSubset, index: number): FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const field = `subsets[${index}]`;
  const errors: FieldError[] = [];
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    errors.push(fieldRequired(field, "must specify `addresses` or `notReadyAddresses`"));
  }
  return [
    ...errors,
    ...addresses.flatMap((address, i) => validateAddress(address, `${field}.addresses[${i}]`)),
    ...notReadyAddresses.flatMap((address, i) => validateAddress(address, `${field}.notReadyAddresses[${i}]`)),
    ...ports.flatMap((port, i) => validatePort(port, ports.length > 1, `${field}.ports[${i}]`)),
  ];
}

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, field: string): FieldError[] {
  const errors = validateIPForLegacyField(ip, `${field}.ip`);
  const invalid = (child: string, value: string) => (message: string) =>
    fieldInvalid(`${field}.${child}`, value, message);
  if (hostname) errors.push(...validateDNS1123Label(hostname).map(invalid("hostname", hostname)));
  if (nodeName !== undefined) errors.push(...validateDNS1123Subdomain(nodeName).map(invalid("nodeName", nodeName)));
  return [...errors, ...validateEndpointIp(ip, `${field}.ip`)];
}

function validatePort(port: EndpointPort, nameRequired: boolean, field: string): FieldError[] {
  const { name = "", protocol = "", appProtocol } = port;
  const errors: FieldError[] = [];
  const invalid = (child: string, value: unknown) => (message: string) =>
    fieldInvalid(`${field}.${child}`, value, message);
  if (nameRequired && !name) errors.push(fieldRequired(`${field}.name`, ""));
  else if (name) errors.push(...validateDNS1123Label(name).map(invalid("name", name)));
  errors.push(...validatePortNumber(port.port).map(invalid("port", port.port)));
  if (!protocol) errors.push(fieldRequired(`${field}.protocol`, ""));
  else if (!PROTOCOLS.includes(protocol)) errors.push(fieldNotSupported(`${field}.protocol`, protocol, PROTOCOLS));
  if (appProtocol !== undefined)
    errors.push(...validateQualifiedName(appProtocol).map(invalid("appProtocol", appProtocol)));
  return errors;
}

function warningsOfSubset({ addresses = [], notReadyAddresses = [] }: EndpointSubset, index: number): string[] {
  const field = `subsets[${index}]`;
  return [
    ...addresses.flatMap(({ ip }, i) => warningsForIP(ip, `${field}.addresses[${i}].ip`)),
    ...notReadyAddresses.flatMap(({ ip }, i) => warningsForIP(ip, `${field}.notReadyAddresses[${i}].ip`)),
  ];
}
