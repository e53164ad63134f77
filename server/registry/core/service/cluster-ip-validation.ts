import type { Service } from "../../../../openapi/api/core.v1.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../../meta/field-error.ts";
import { isIPv4, parseIp } from "../../../meta/ip.ts";
import { validateIPForLegacyField } from "../../../meta/ip-validation.ts";
import { isHeadless, NONE } from "./fields.ts";

const FAMILIES = ["IPv4", "IPv6"];
const POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const LIST = "spec.clusterIPs";
const UNCHANGEABLE = "may not change once set";

/** Cluster IPs, families and policy among themselves. (ValidateServiceClusterIPsRelatedFields) */
export function validateClusterIPs({ spec }: Readonly<Service>, old: Readonly<Service> | undefined): FieldError[] {
  if (spec.type === "ExternalName") return [];
  const { clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const errors: FieldError[] = [];
  if (clusterIP) {
    if (clusterIPs.length === 0) errors.push(fieldRequired(LIST, ""));
    else if (clusterIPs[0] !== clusterIP)
      errors.push(fieldInvalid(LIST, clusterIPs, "first value must match `clusterIP`"));
  } else if (clusterIPs.length > 0) {
    errors.push(fieldInvalid(LIST, clusterIPs, "must be empty when `clusterIP` is not specified"));
  }
  for (const [index, family] of ipFamilies.entries()) {
    const field = `spec.ipFamilies[${index}]`;
    if (!FAMILIES.includes(family)) errors.push(fieldNotSupported(field, family, FAMILIES));
    if (ipFamilies.indexOf(family) < index) errors.push(fieldDuplicate(field, family));
  }
  if (ipFamilyPolicy !== undefined && !POLICIES.includes(ipFamilyPolicy)) {
    errors.push(fieldNotSupported("spec.ipFamilyPolicy", ipFamilyPolicy, POLICIES));
  }
  const wrong = clusterIPs.flatMap((address, index) => {
    if (index > 0 || address !== NONE)
      return validateIPForLegacyField(address, `${LIST}[${index}]`, old?.spec.clusterIPs);
    return clusterIPs.length > 1 ? [fieldInvalid(LIST, clusterIPs, "'None' must be the first and only value")] : [];
  });
  errors.push(...wrong);
  if (clusterIPs.length > 2) errors.push(fieldInvalid(LIST, clusterIPs, "may only hold up to 2 values"));
  if (wrong.length > 0) return errors;
  return [...errors, ...validateFamilies(clusterIPs, ipFamilies)];
}

function validateFamilies(clusterIPs: readonly string[], ipFamilies: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const isV6 = (text: string) => {
    const address = parseIp(text);
    return address !== undefined && !isIPv4(address);
  };
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(isV6)).size < 2) {
    errors.push(fieldInvalid(LIST, clusterIPs, "may specify no more than one IP for each IP family"));
  }
  if (clusterIPs[0] === NONE) return errors;
  for (const [index, address] of clusterIPs.slice(0, ipFamilies.length).entries()) {
    const family = ipFamilies[index];
    if (family !== (isV6(address) ? "IPv4" : "IPv6")) continue;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(fieldInvalid(`${LIST}[${index}]`, address, detail));
  }
  return errors;
}

/** What may become of addresses and families that a Service has. */
export function validateClusterIPUpdate(service: Readonly<Service>, old: Readonly<Service>): FieldError[] {
  if (service.spec.type === "ExternalName" || old.spec.type === "ExternalName") return [];
  const [isNowHeadless, wasHeadless] = [isHeadless(service), isHeadless(old)];
  return [
    ...(isNowHeadless && wasHeadless ? [] : validateAddressUpdate(service, old)),
    ...(isNowHeadless || wasHeadless ? [] : validateFamilyUpdate(service, old)),
  ];
}

/** (validateUpgradeDowngradeClusterIPs) */
function validateAddressUpdate({ spec }: Readonly<Service>, old: Readonly<Service>): FieldError[] {
  const { clusterIPs = [], ipFamilyPolicy } = spec;
  const before = old.spec.clusterIPs ?? [];
  const errors: FieldError[] = [];
  const changed = (index: number) => fieldInvalid(`${LIST}[${index}]`, spec.clusterIPs, UNCHANGEABLE);
  if (before.length === clusterIPs.length) {
    return before.flatMap((address, index) => (address === clusterIPs[index] ? [] : [changed(index)]));
  }
  if (clusterIPs.length === 0) {
    errors.push(fieldInvalid(`${LIST}[0]`, spec.clusterIPs, "primary clusterIP can not be unset"));
  }
  if (before.length > 0 && clusterIPs.length > 0 && before[0] !== clusterIPs[0]) errors.push(changed(0));
  if (clusterIPs.length < before.length && clusterIPs.length === 1 && ipFamilyPolicy !== "SingleStack") {
    const detail = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    errors.push(fieldInvalid("spec.ipFamilyPolicy", ipFamilyPolicy, detail));
  }
  return errors;
}

/** (validateUpgradeDowngradeIPFamilies, its odd paths and values among it) */
function validateFamilyUpdate({ spec }: Readonly<Service>, old: Readonly<Service>): FieldError[] {
  const { ipFamilies = [], ipFamilyPolicy } = spec;
  const before = old.spec.ipFamilies ?? [];
  const field = "spec.ipFamilies[0]";
  const errors: FieldError[] = [];
  if (before.length === ipFamilies.length) {
    return before.flatMap((family, index) =>
      family === ipFamilies[index] ? [] : [fieldInvalid(field, ipFamilies, UNCHANGEABLE)],
    );
  }
  if (ipFamilies.length < before.length && !spec.clusterIPs?.length) {
    errors.push(fieldInvalid(field, spec.ipFamilies, "primary ipFamily can not be unset"));
  }
  if (before.length > 0 && ipFamilies.length > 0 && before[0] !== ipFamilies[0]) {
    errors.push(fieldInvalid(field, spec.clusterIPs, UNCHANGEABLE));
  }
  if (ipFamilies.length < before.length && ipFamilies.length === 1 && ipFamilyPolicy !== "SingleStack") {
    const detail = "must be set to 'SingleStack' when releasing the secondary ipFamily";
    errors.push(fieldInvalid("spec.ipFamilyPolicy", ipFamilyPolicy, detail));
  }
  return errors;
}
