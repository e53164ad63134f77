import type { Pod } from "../../openapi/api/core.v1.ts";
import { canonicalAddress, type Family, familyOf } from "../address.ts";

/** A Pod as far as policies are concerned: one with an address of its own. */
export interface PolicyPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: Readonly<Partial<Record<Family, string>>>;
  /** Ports that have a name, and it alone. */
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** Undefined for a Pod that no policy can be about: none of its own address, or ended, so that others may have it. */
export function policyPod({ metadata, spec, status }: Readonly<Pod>): PolicyPod | undefined {
  const { phase = "", podIP = "", podIPs = [] } = status ?? {};
  if (spec?.hostNetwork || phase === "Succeeded" || phase === "Failed") return undefined;
  const own = (podIPs.length > 0 ? podIPs.map(({ ip }) => ip ?? "") : [podIP]).flatMap(
    (ip) => canonicalAddress(ip) ?? [],
  );
  if (own.length === 0) return undefined;
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    node: spec?.nodeName ?? "",
    labels: metadata.labels ?? {},
    addresses: Object.fromEntries(own.map((address) => [familyOf(address), address])),
    ports: containers
      .flatMap(({ ports = [] }) => ports)
      .flatMap(({ name, protocol = "TCP", containerPort }) => (name ? [{ name, protocol, port: containerPort }] : [])),
  };
}
