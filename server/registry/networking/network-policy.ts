import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from "../../../openapi/api/networking.k8s.io.v1.ts";
import { invalidEach, oneOf, portNumberOrName } from "../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { parseCidr, prefixContains } from "../../meta/ip.ts";
import { validateCIDRForLegacyField, warningsForCIDR } from "../../meta/ip-validation.ts";
import { type SelectorAllowances, validateLabelSelector } from "../../meta/label-validation.ts";
import { validatePortNumber } from "../../meta/names.ts";
import { defineKind } from "../kind.ts";
import { bumpGenerationExactly } from "../subresources.ts";

const PROTOCOLS = ["TCP", "UDP", "SCTP"];
const TYPES = ["Ingress", "Egress"];

/** What was stored may stay. */
interface Allowances extends SelectorAllowances {
  readonly cidrs: readonly string[];
}

interface Rule {
  readonly field: string;
  readonly ports: readonly NetworkPolicyPort[];
  readonly peers: readonly NetworkPolicyPeer[];
  /** Path of the peers. */
  readonly list: string;
}

/** NetworkPolicy, networking.k8s.io/v1. Follows pkg/registry/networking/networkpolicy and pkg/apis/networking. */
export const networkPolicy = defineKind<NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  defaults(object) {
    const { spec } = object;
    for (const { ports } of rulesOf(object)) for (const port of ports) port.protocol ??= "TCP";
    if (!spec.policyTypes?.length) spec.policyTypes = ["Ingress", ...(spec.egress?.length ? ["Egress"] : [])];
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  prepareForUpdate: bumpGenerationExactly,
  validate: (object) => validate(object, { cidrs: [] }),
  validateUpdate: (object, old) =>
    validate(object, {
      invalidLabelValues: validateLabelSelector(old.spec.podSelector, {}, "").length > 0,
      cidrs: blocksOf(old).flatMap(({ block }) => [block.cidr, ...(block.except ?? [])]),
    }),
  warnings: (object) =>
    blocksOf(object).flatMap(({ block, field }) => [
      ...warningsForCIDR(block.cidr, `${field}.cidr`),
      ...(block.except ?? []).flatMap((cidr, index) => warningsForCIDR(cidr, `${field}.except[${index}]`)),
    ]),
});

function rulesOf({ spec }: Readonly<NetworkPolicy>): Rule[] {
  return [
    ...(spec.ingress ?? []).map(({ ports = [], from = [] }, index) => {
      const field = `spec.ingress[${index}]`;
      return { field, ports, peers: from, list: `${field}.from` };
    }),
    ...(spec.egress ?? []).map(({ ports = [], to = [] }, index) => {
      const field = `spec.egress[${index}]`;
      return { field, ports, peers: to, list: `${field}.to` };
    }),
  ];
}

function blocksOf(object: Readonly<NetworkPolicy>): { field: string; block: IPBlock }[] {
  return rulesOf(object).flatMap(({ peers, list }) =>
    peers.flatMap(({ ipBlock }, index) => (ipBlock ? [{ field: `${list}[${index}].ipBlock`, block: ipBlock }] : [])),
  );
}

function validate(object: Readonly<NetworkPolicy>, allow: Allowances): FieldError[] {
  const { podSelector, policyTypes = [] } = object.spec;
  const errors = validateLabelSelector(podSelector, allow, "spec.podSelector");
  for (const { field, ports, peers, list } of rulesOf(object)) {
    errors.push(...ports.flatMap((port, index) => validatePort(port, `${field}.ports[${index}]`)));
    errors.push(...peers.flatMap((peer, index) => validatePeer(peer, allow, `${list}[${index}]`)));
  }
  if (policyTypes.length > TYPES.length) {
    return [...errors, fieldInvalid("spec.policyTypes", policyTypes, "may not specify more than two policyTypes")];
  }
  return [...errors, ...policyTypes.flatMap((type, index) => oneOf(type, TYPES, `spec.policyTypes[${index}]`))];
}

function validatePort({ protocol, port, endPort }: Readonly<NetworkPolicyPort>, field: string): FieldError[] {
  const errors = oneOf(protocol, PROTOCOLS, `${field}.protocol`);
  const endWrong = (detail: string) => fieldInvalid(`${field}.endPort`, endPort, detail);
  if (port === undefined) {
    if (endPort !== undefined) errors.push(endWrong("may not be specified when `port` is not specified"));
    return errors;
  }
  const ofPort = portNumberOrName(port, `${field}.port`);
  if (endPort === undefined) return [...errors, ...ofPort];
  if (typeof port === "string") {
    return [...errors, endWrong("may not be specified when `port` is non-numeric"), ...ofPort];
  }
  errors.push(...ofPort);
  // The value shown is upstream's: the port, not its end.
  if (endPort < port) errors.push(fieldInvalid(`${field}.endPort`, port, "must be greater than or equal to `port`"));
  return [...errors, ...invalidEach(endPort, validatePortNumber(endPort), `${field}.endPort`)];
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: Readonly<NetworkPolicyPeer>,
  allow: Allowances,
  field: string,
): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, allow, `${field}.podSelector`),
    ...validateLabelSelector(namespaceSelector, allow, `${field}.namespaceSelector`),
    ...(ipBlock ? validateBlock(ipBlock, allow, `${field}.ipBlock`) : []),
  ];
  const isPodPeer = podSelector !== undefined || namespaceSelector !== undefined;
  if (!isPodPeer && !ipBlock) errors.push(fieldRequired(field, "must specify a peer"));
  if (isPodPeer && ipBlock) errors.push(fieldForbidden(field, "may not specify both ipBlock and another peer"));
  return errors;
}

function validateBlock({ cidr, except = [] }: Readonly<IPBlock>, { cidrs }: Allowances, field: string): FieldError[] {
  if (!cidr) return [fieldRequired(`${field}.cidr`, "")];
  const errors = validateCIDRForLegacyField(cidr, `${field}.cidr`, cidrs);
  const whole = parseCidr(cidr);
  if (!whole) return errors;
  for (const [index, text] of except.entries()) {
    const path = `${field}.except[${index}]`;
    errors.push(...validateCIDRForLegacyField(text, path, cidrs));
    const part = parseCidr(text);
    if (part && (!prefixContains(whole, part.network) || whole.prefixLength >= part.prefixLength)) {
      errors.push(fieldInvalid(path, text, "must be a strict subset of `cidr`"));
    }
  }
  return errors;
}
