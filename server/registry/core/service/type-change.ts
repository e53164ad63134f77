import type { Service } from "../../../../openapi/api/core.v1.ts";
import {
  isExternallyAccessible,
  needsClusterIP,
  needsHealthCheck,
  nodePortsOf,
  sameClusterIPs,
  sameIPFamilies,
} from "./fields.ts";

/**
 * Takes out what belongs to the former type and was not touched: had the client changed it too, validation would have
 * to say so. (pkg/registry/core/service/strategy.go dropTypeDependentFields)
 */
export function dropFieldsOfFormerType(service: Service, old: Readonly<Service>): void {
  const { spec } = service;
  const before = old.spec;
  if (needsClusterIP(old) && !needsClusterIP(service)) {
    if ((before.clusterIP ?? "") === (spec.clusterIP ?? "") && sameClusterIPs(old, service)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (sameIPFamilies(old, service)) delete spec.ipFamilies;
    if (before.ipFamilyPolicy === spec.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  }
  if (usesNodePorts(before) && !usesNodePorts(spec)) {
    const known = nodePortsOf(old);
    if (nodePortsOf(service).every((port) => known.includes(port)))
      for (const port of spec.ports ?? []) delete port.nodePort;
  }
  const isSame = (field: keyof Service["spec"]) => before[field] === spec[field];
  if (needsHealthCheck(old) && !needsHealthCheck(service) && isSame("healthCheckNodePort"))
    delete spec.healthCheckNodePort;
  if (before.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    if (isSame("allocateLoadBalancerNodePorts")) delete spec.allocateLoadBalancerNodePorts;
    if (isSame("loadBalancerClass")) delete spec.loadBalancerClass;
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(service) && isSame("externalTrafficPolicy")) {
    delete spec.externalTrafficPolicy;
  }
  if (spec.type !== "LoadBalancer") service.status = { ...service.status, loadBalancer: {} };
}

function usesNodePorts({ type }: Service["spec"]): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}
