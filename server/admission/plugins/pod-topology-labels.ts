import type { Binding, Node, Pod } from "../../../openapi/api/core.v1.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const NODES = { group: "", resource: "nodes" };
const LABELS = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/** A Pod that gets a node gets its zone and region as labels. (plugin/pkg/admission/podtopologylabels) */
export const podTopologyLabels: AdmissionPlugin<Pod & Binding> = {
  name: "PodTopologyLabels",
  resources: ["pods"],
  operations: ["CREATE"],
  admit({ object, subresource }, { reader }) {
    if (!object) return;
    const nodeName = nodeOf(object, subresource);
    if (!nodeName) return;
    const labels = reader.get<Node>(NODES, "", nodeName)?.metadata.labels ?? {};
    const copied = LABELS.filter((key) => labels[key] !== undefined).map((key) => [key, labels[key]!]);
    if (copied.length === 0) return;
    object.metadata.labels = { ...object.metadata.labels, ...Object.fromEntries(copied) };
  },
};

function nodeOf(object: Pod & Binding, subresource: string): string | undefined {
  if (subresource === "") return object.spec.nodeName;
  if (subresource !== "binding" || object.target?.kind !== "Node") return undefined;
  return object.target.name;
}
