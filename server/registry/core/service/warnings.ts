import type { Service } from "../../../../openapi/api/core.v1.ts";
import { warningsForCIDR, warningsForIP } from "../../../meta/ip-validation.ts";

const HINTS = "service.kubernetes.io/topology-aware-hints";
const MODE = "service.kubernetes.io/topology-mode";

/** (pkg/api/service/warnings.go) */
export function warningsOf({ metadata, spec }: Readonly<Service>): string[] {
  const { type, clusterIP, externalIPs = [], loadBalancerIP } = spec;
  const isHeadless = type === "ClusterIP" && clusterIP === "None";
  const hasAddress = type !== "ExternalName" && clusterIP && clusterIP !== "None";
  const list = (texts: readonly string[] | undefined, field: string, warn: typeof warningsForIP) =>
    (texts ?? []).flatMap((text, index) => warn(text, `${field}[${index}]`));
  const when = (condition: unknown, text: string) => (condition ? [text] : []);
  return [
    ...when(
      metadata.annotations?.[HINTS] !== undefined,
      `annotation ${HINTS} is deprecated, please use ${MODE} instead`,
    ),
    ...(hasAddress ? list(spec.clusterIPs, "spec.clusterIPs", warningsForIP) : []),
    ...when(isHeadless && loadBalancerIP, "spec.loadBalancerIP is ignored for headless services"),
    ...when(isHeadless && externalIPs.length, "spec.externalIPs is ignored for headless services"),
    ...when(isHeadless && spec.sessionAffinity !== "None", "spec.SessionAffinity is ignored for headless services"),
    ...list(externalIPs, "spec.externalIPs", warningsForIP),
    ...when(
      externalIPs.length && !isHeadless && type !== "ExternalName",
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    ),
    ...(loadBalancerIP ? warningsForIP(loadBalancerIP, "spec.loadBalancerIP") : []),
    ...list(spec.loadBalancerSourceRanges, "spec.loadBalancerSourceRanges", warningsForCIDR),
    ...when(
      type === "ExternalName" && externalIPs.length,
      'spec.externalIPs is ignored when spec.type is "ExternalName"',
    ),
    ...when(
      type !== "ExternalName" && spec.externalName,
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ),
    ...when(
      spec.trafficDistribution === "PreferClose",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ),
  ];
}
