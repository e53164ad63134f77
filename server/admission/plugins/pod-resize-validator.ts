import type { Node, Pod } from "../../../openapi/api/core.v1.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { compareQuantities, parseQuantity, quantityMilliValue, quantityValue } from "../../meta/quantity.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionPlugin } from "../plugin.ts";
import { isPodLevelResource, podRequests } from "../pod-resources.ts";

const NODES = { group: "", resource: "nodes" };
const ZERO = parseQuantity("0");

/** A Pod does not grow beyond its node. (plugin/pkg/admission/podresize) */
export const podResizeValidator: AdmissionPlugin<Pod> = {
  name: "PodResizeValidator",
  resources: ["pods"],
  operations: ["UPDATE"],
  validate(attributes, { reader }) {
    const { object: pod, oldObject: old, subresource } = attributes;
    if (subresource !== "resize" || !pod?.spec.nodeName || !old) return;
    if (old.metadata.generation === pod.metadata.generation) return;
    const node = reader.get<Node>(NODES, "", pod.spec.nodeName);
    if (!node) throw forbidden(attributes, `node ${goQuote(pod.spec.nodeName)} not found`);
    const os = node.metadata.labels?.["kubernetes.io/os"];
    if (os !== undefined && os !== "linux") {
      const text = `pod resize is only supported on linux nodes, node ${goQuote(node.metadata.name ?? "")} is ${goQuote(os)}`;
      throw forbidden(attributes, text, [{ reason: "UnsupportedPlatform" }]);
    }
    const problem = capacityProblem(pod, node);
    if (problem) throw forbidden(attributes, problem, [{ reason: "NodeCapacity" }]);
  },
};

function capacityProblem(pod: Pod, node: Readonly<Node>): string | undefined {
  const requests = podRequests(pod, { useStatus: false, overhead: true, podLevel: isPodLevelResource });
  const texts: string[] = [];
  for (const [name, print] of [
    ["cpu", quantityMilliValue],
    ["memory", quantityValue],
  ] as const) {
    const [wanted, allocatable] = [requests.get(name) ?? ZERO, parseQuantity(node.status?.allocatable?.[name] ?? "0")];
    if (compareQuantities(wanted, allocatable) <= 0) continue;
    texts.push(`${name}, requested: ${print(wanted)}, allocatable: ${print(allocatable)}`);
  }
  return texts.length > 0 ? `node didn't have enough allocatable resources: ${texts.join("; ")}` : undefined;
}
