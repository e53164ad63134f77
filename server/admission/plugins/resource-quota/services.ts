import type { Service } from "../../../../openapi/api/core.v1.ts";
import { quantityOf } from "../../../meta/quantity.ts";
import { countName, type Evaluator, ONE } from "./evaluator.ts";

const COUNT = countName("", "services");
const NODE_PORTS = "services.nodeports";
const LOAD_BALANCERS = "services.loadbalancers";
const RESOURCES = [COUNT, "services", NODE_PORTS, LOAD_BALANCERS];

/** (pkg/quota/v1/evaluator/core/services.go) */
export const serviceEvaluator: Evaluator<Service> = {
  handles: ({ subresource, operation }) => subresource === "" && (operation === "CREATE" || operation === "UPDATE"),
  matches: (name) => RESOURCES.includes(name),
  usage: ({ spec }) =>
    new Map([
      [COUNT, ONE],
      ["services", ONE],
      [LOAD_BALANCERS, quantityOf(spec.type === "LoadBalancer" ? 1 : 0)],
      [NODE_PORTS, quantityOf(nodePorts(spec))],
    ]),
};

function nodePorts({ type, ports = [], allocateLoadBalancerNodePorts }: Service["spec"]): number {
  if (type === "NodePort") return ports.length;
  if (type !== "LoadBalancer") return 0;
  return allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort).length : ports.length;
}
