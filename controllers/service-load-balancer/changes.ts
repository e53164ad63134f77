import type { Node, Service } from "../../openapi/api/core.v1.ts";

/** What load balancers are made from, as text: only when this changes there is something to do. (needsUpdate) */
export function wishOf({ metadata, spec }: Readonly<Service>): string {
  return JSON.stringify([
    metadata.uid,
    metadata.annotations,
    spec.ports?.map((port) => [
      port.name,
      port.protocol,
      port.port,
      port.nodePort,
      port.targetPort,
      port.appProtocol ?? null,
    ]),
    spec.loadBalancerSourceRanges,
    spec.sessionAffinity,
    spec.sessionAffinityConfig,
    spec.loadBalancerIP,
    spec.externalIPs,
    spec.externalTrafficPolicy,
    spec.healthCheckNodePort,
    spec.ipFamilies?.length,
  ]);
}

const EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";
const TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler";
/** As strconv.ParseBool reads them; a label that is neither excludes. */
const FALSE = ["0", "f", "F", "false", "FALSE", "False"];

export function isIncluded({ metadata }: Readonly<Node>): boolean {
  const label = metadata.labels?.[EXCLUDED];
  return label === undefined || FALSE.includes(label);
}

/** The nodes that traffic may go to, as text: their names and who they are in the cloud. (stableNodeSetPredicates) */
export function hostsOf(nodes: readonly Readonly<Node>[]): readonly string[] {
  return nodes
    .filter((node) => !node.metadata.deletionTimestamp && isIncluded(node))
    .filter(({ spec }) => !spec?.taints?.some(({ key }) => key === TO_BE_DELETED))
    .map(({ metadata, spec }) => `${metadata.name} ${spec?.providerID ?? ""}`)
    .sort();
}
