import type { HostAlias, PodDNSConfig, PodSpec } from "../../../../openapi/api/core.v1.ts";
import { dnsSubdomain, invalidEach } from "../../../meta/field-checks.ts";
import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  fieldTooLong,
} from "../../../meta/field-error.ts";
import { validateIPForLegacyField } from "../../../meta/ip-validation.ts";
import { validateDNS1123SubdomainWithUnderscore } from "../../../meta/names.ts";
import type { ValidationOptions } from "./validation-options.ts";

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_HOSTNAME = 64;

/** (validatePodDNSConfig of pkg/apis/core/validation) */
export function validateDNSConfig(
  config: PodDNSConfig | undefined,
  policy: string | undefined,
  field: string,
): FieldError[] {
  if (policy === "None") {
    if (!config) return [fieldRequired(field, "must provide `dnsConfig` when `dnsPolicy` is None")];
    if (!config.nameservers?.length) {
      const detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
      return [fieldRequired(`${field}.nameservers`, detail)];
    }
  }
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  const errors: FieldError[] = [];
  if (nameservers.length > MAX_NAMESERVERS) {
    const detail = `must not have more than ${MAX_NAMESERVERS} nameservers`;
    errors.push(fieldInvalid(`${field}.nameservers`, nameservers, detail));
  }
  errors.push(...nameservers.flatMap((ip, i) => validateIPForLegacyField(ip, `${field}.nameservers[${i}]`)));
  if (searches.length > MAX_SEARCHES) {
    const detail = `must not have more than ${MAX_SEARCHES} search paths`;
    errors.push(fieldInvalid(`${field}.searches`, searches, detail));
  }
  if (Buffer.byteLength(searches.join(" ")) > MAX_SEARCH_CHARACTERS) {
    const detail = `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`;
    errors.push(fieldInvalid(`${field}.searches`, searches, detail));
  }
  for (const [i, search] of searches.entries()) {
    if (search === ".") continue;
    const name = search.replace(/\.$/, "");
    errors.push(...invalidEach(name, validateDNS1123SubdomainWithUnderscore(name), `${field}.searches[${i}]`));
  }
  for (const [i, { name }] of options.entries()) {
    if (!name) errors.push(fieldRequired(`${field}.options[${i}]`, "must not be empty"));
  }
  return errors;
}

export function validateHostAliases(aliases: readonly HostAlias[] = [], field: string): FieldError[] {
  return aliases.flatMap(({ ip = "", hostnames = [] }, i) => [
    ...validateIPForLegacyField(ip, `${field}[${i}].ip`),
    ...hostnames.flatMap((name, j) => dnsSubdomain(name, `${field}[${i}].hostnames[${j}]`)),
  ]);
}

/** A Pod in the node's network listens on the node's ports. (validatePodHostNetworkDeps) */
export function validateHostNetwork(spec: PodSpec, field: string, options: ValidationOptions): FieldError[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap(({ ports = [] }, i) =>
    ports.flatMap(({ hostPort = 0, containerPort = 0 }, j) => {
      // A template's ports are filled in when a Pod is made of it.
      if (hostPort === containerPort || (!options.isPod && hostPort === 0)) return [];
      const detail = "must match `containerPort` when `hostNetwork` is true";
      return [fieldInvalid(`${field}.containers[${i}].ports[${j}].hostPort`, hostPort, detail)];
    }),
  );
}

/** (validatePodHostName) */
export function validateHostnameOverride(spec: PodSpec, field: string): FieldError[] {
  const { hostnameOverride: name } = spec;
  if (name === undefined) return [];
  const at = `${field}.hostnameOverride`;
  const errors: FieldError[] = [];
  if (spec.setHostnameAsFQDN) {
    errors.push(fieldForbidden(at, "may not be specified when setHostnameAsFQDN is true"));
  }
  if (spec.hostNetwork) errors.push(fieldForbidden(at, "may not be specified when hostNetwork is true"));
  if (name.length > MAX_HOSTNAME) errors.push(fieldTooLong(at, MAX_HOSTNAME));
  return [...errors, ...dnsSubdomain(name, at)];
}
