import type { TypedLocalObjectReference } from "../../../openapi/api/core.v1.ts";
import type { HTTPIngressPath, IngressBackend, IngressSpec } from "../../../openapi/api/networking.k8s.io.v1.ts";
import { orEmpty } from "../../../openapi/given-empty.ts";
import { dnsLabel, dnsSubdomain, invalidEach, neededBy, pathSegment } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldNotSupported, fieldRequired } from "../../meta/field-error.ts";
import { parseIp } from "../../meta/ip.ts";
import {
  validateDNS1123Subdomain,
  validatePortName,
  validatePortNumber,
  validateWildcardDNS1123Subdomain,
} from "../../meta/names.ts";

const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];
const FORBIDDEN_IN_PATH = ["//", "/./", "/../", "%2f", "%2F"];
const FORBIDDEN_AT_END = ["/..", "/."];

type Rule = NonNullable<IngressSpec["rules"]>[number];

/** What an update may keep though a new object may not have it. */
export interface Allowances {
  readonly invalidSecretName?: boolean;
  readonly invalidWildcardHostRule?: boolean;
}

export function allowancesOf({ tls = [], rules = [] }: Readonly<IngressSpec>): Allowances {
  return {
    invalidSecretName: tls.some(({ secretName }) => secretName && validateDNS1123Subdomain(secretName).length > 0),
    invalidWildcardHostRule: rules.some((rule) => rule.host?.includes("*") && validateRuleValue(rule, "").length > 0),
  };
}

/** (pkg/apis/networking/validation ValidateIngressSpec) */
export function validateIngressSpec(spec: Readonly<IngressSpec>, allow: Allowances): FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && !defaultBackend) {
    errors.push(fieldInvalid("spec", orEmpty(spec, "rules"), "either `defaultBackend` or `rules` must be specified"));
  }
  if (defaultBackend) errors.push(...validateBackend(defaultBackend, "spec.defaultBackend"));
  for (const [index, rule] of rules.entries()) {
    const field = `spec.rules[${index}]`;
    errors.push(...validateHost(rule.host ?? "", `${field}.host`));
    const mayBeWrong = allow.invalidWildcardHostRule && rule.host?.includes("*");
    if (!mayBeWrong) errors.push(...validateRuleValue(rule, field));
  }
  for (const [index, { hosts = [], secretName }] of tls.entries()) {
    const field = `spec.tls[${index}]`;
    errors.push(...hosts.flatMap((host, at) => validateName(host, `${field}.hosts[${at}]`)));
    if (secretName && !allow.invalidSecretName) errors.push(...dnsSubdomain(secretName, `${field}.secretName`));
  }
  if (ingressClassName !== undefined) errors.push(...dnsSubdomain(ingressClassName, "spec.ingressClassName"));
  return errors;
}

function validateHost(host: string, field: string): FieldError[] {
  if (!host) return [];
  const isAddress = parseIp(host) !== undefined;
  return [
    ...(isAddress ? [fieldInvalid(field, host, "must be a DNS name, not an IP address")] : []),
    ...validateName(host, field),
  ];
}

function validateName(host: string, field: string): FieldError[] {
  return host.includes("*")
    ? invalidEach(host, validateWildcardDNS1123Subdomain(host), field)
    : dnsSubdomain(host, field);
}

function validateRuleValue({ http }: Readonly<Rule>, field: string): FieldError[] {
  if (!http) return [];
  const { paths } = http;
  if (!paths?.length) return [fieldRequired(`${field}.http.paths`, "")];
  return paths.flatMap((path, index) => validatePath(path, `${field}.http.paths[${index}]`));
}

function validatePath({ path = "", pathType, backend }: Readonly<HTTPIngressPath>, field: string): FieldError[] {
  if (pathType === undefined) return [fieldRequired(`${field}.pathType`, "pathType must be specified")];
  const wrong = (detail: string) => fieldInvalid(`${field}.path`, path, detail);
  const errors: FieldError[] = [];
  const isStrict = pathType === "Exact" || pathType === "Prefix";
  if (!PATH_TYPES.includes(pathType)) errors.push(fieldNotSupported(`${field}.pathType`, pathType, PATH_TYPES));
  else if (!path.startsWith("/") && (isStrict || path)) errors.push(wrong("must be an absolute path"));
  if (isStrict) {
    for (const text of FORBIDDEN_IN_PATH) if (path.includes(text)) errors.push(wrong(`must not contain '${text}'`));
    for (const text of FORBIDDEN_AT_END) if (path.endsWith(text)) errors.push(wrong(`cannot end with '${text}'`));
  }
  return [...errors, ...validateBackend(backend, `${field}.backend`)];
}

function validateBackend({ service, resource }: Readonly<IngressBackend>, field: string): FieldError[] {
  if (resource && service) return [fieldInvalid(field, "", "cannot set both resource and service backends")];
  if (resource) return validateReference(resource, `${field}.resource`);
  if (!service) return [fieldInvalid(field, "", "resource or service backend is required")];
  const errors = neededBy(service.name, dnsLabel, `${field}.service.name`);
  const { name, number } = service.port ?? {};
  const port = `${field}.service.port`;
  if (name && number) errors.push(fieldInvalid(field, "", "cannot set both port name & port number"));
  else if (name) errors.push(...invalidEach(name, validatePortName(name), `${port}.name`));
  else if (number) errors.push(...invalidEach(number, validatePortNumber(number), `${port}.number`));
  else errors.push(fieldRequired(field, "port name or number is required"));
  return errors;
}

/** A reference of this kind: also the parameters of an IngressClass. */
export function validateReference(
  { apiGroup, kind, name }: Readonly<TypedLocalObjectReference>,
  field: string,
): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : dnsSubdomain(apiGroup, `${field}.apiGroup`)),
    ...neededBy(kind, pathSegment, `${field}.kind`),
    ...neededBy(name, pathSegment, `${field}.name`),
  ];
}
