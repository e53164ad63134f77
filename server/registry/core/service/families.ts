import type { Service } from "../../../../openapi/api/core.v1.ts";
import { invalid } from "../../../meta/errors.ts";
import { type FieldError, fieldInvalid } from "../../../meta/field-error.ts";
import { isIPv4, parseIp } from "../../../meta/ip.ts";
import { validateClusterIPs } from "./cluster-ip-validation.ts";
import { NONE, sameClusterIPs, sameIPFamilies } from "./fields.ts";

/** An update that changes nothing about the families of a PreferDualStack Service. */
export function keepsDualStack(service: Service, old: Readonly<Service> | undefined): boolean {
  if (!old || service.spec.ipFamilyPolicy !== "PreferDualStack" || old.spec.type !== service.spec.type) return false;
  if (!["ClusterIP", "NodePort", "LoadBalancer"].includes(service.spec.type ?? "")) return false;
  if (old.spec.ipFamilyPolicy !== undefined && old.spec.ipFamilyPolicy !== "PreferDualStack") return false;
  return sameClusterIPs(old, service) && sameIPFamilies(old, service);
}

/**
 * Makes policy and families of what was sent, what there was and what the cluster has (`families`, first is default).
 * @throws StatusError 422. (pkg/registry/core/service/storage/alloc.go initIPFamilyFields)
 */
export function initFamilies(service: Service, old: Readonly<Service> | undefined, families: readonly string[]): void {
  const { spec } = service;
  if (spec.type === "ExternalName" || keepsDualStack(service, old)) return;
  const isOpen = spec.clusterIP === NONE && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.spec.ipFamilyPolicy ?? (isOpen ? "RequireDualStack" : "SingleStack");
  check(service, validateClusterIPs(service, old));
  check(service, [
    ...(old ? release(service, old) : []),
    ...tooMany(service),
    ...familiesFromAddresses(service, families),
  ]);
  if (isOpen) {
    // Whoever fills in the endpoints may know both families, whatever the cluster has.
    spec.ipFamilies = spec.ipFamilies?.length ? spec.ipFamilies : [families[0] ?? "IPv4"];
    if (spec.ipFamilies.length < 2 && spec.ipFamilyPolicy !== "SingleStack") addOther(spec);
    return;
  }
  check(service, unavailable(service, families));
  if (!spec.ipFamilies?.length) spec.ipFamilies = [families[0] ?? "IPv4"];
  if (spec.ipFamilyPolicy !== "SingleStack" && spec.ipFamilies.length === 1 && families.length === 2) addOther(spec);
}

function check({ metadata }: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: "", kind: "Service" }, metadata.name ?? "", errors);
}

function addOther(spec: Service["spec"]): void {
  spec.ipFamilies = [...(spec.ipFamilies ?? []), spec.ipFamilies?.[0] === "IPv4" ? "IPv6" : "IPv4"];
}

/** Down to one stack: what came from before goes; on other policies it must not. */
function release(service: Service, old: Readonly<Service>): FieldError[] {
  const { spec } = service;
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === "SingleStack") {
    const keepsAddresses = sameClusterIPs(old, service);
    const keepsFamilies = sameIPFamilies(old, service);
    if (keepsAddresses) spec.clusterIPs &&= spec.clusterIPs.slice(0, 1);
    if (keepsFamilies) spec.ipFamilies &&= spec.ipFamilies.slice(0, 1);
    return errors;
  }
  const isReduced = (list: readonly string[] = [], before: readonly string[] = []) =>
    list.length > 0 && list.length < before.length;
  const wrong = (what: string) =>
    fieldInvalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  if (isReduced(spec.clusterIPs, old.spec.clusterIPs)) errors.push(wrong("cluster IP"));
  if (isReduced(spec.ipFamilies, old.spec.ipFamilies)) errors.push(wrong("IP family"));
  return errors;
}

function tooMany({ spec }: Service): FieldError[] {
  if (spec.ipFamilyPolicy !== "SingleStack") return [];
  const wrong = (what: string) => {
    const detail = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
    return fieldInvalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, detail);
  };
  return [
    ...(spec.clusterIPs?.length === 2 ? [wrong("cluster IPs")] : []),
    ...(spec.ipFamilies?.length === 2 ? [wrong("IP families")] : []),
  ];
}

function familiesFromAddresses({ spec }: Service, families: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, text] of (spec.clusterIPs ?? []).entries()) {
    if (text === NONE) break;
    const address = parseIp(text);
    const family = !address ? "unknown" : isIPv4(address) ? "IPv4" : "IPv6";
    if (index < (spec.ipFamilies?.length ?? 0)) continue;
    if (families.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else {
      const detail = `${family} is not configured on this cluster`;
      errors.push(fieldInvalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, detail));
    }
  }
  return errors;
}

function unavailable({ spec }: Service, families: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === "RequireDualStack" && families.length < 2) {
    const detail = "this cluster is not configured for dual-stack services";
    errors.push(fieldInvalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, detail));
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (families.includes(family)) continue;
    errors.push(fieldInvalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster"));
  }
  return errors;
}
