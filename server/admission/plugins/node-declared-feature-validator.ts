import type { Node, Pod, PodSpec } from "../../../openapi/api/core.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const NODES = { group: "", resource: "nodes" };

/** Features of kubelet that some change of a Pod needs, in upstream's order. (component-helpers/nodedeclaredfeatures) */
const FEATURES: readonly { readonly name: string; isNeeded(spec: PodSpec, old: PodSpec): boolean }[] = [
  {
    name: "InPlacePodLevelResourcesVerticalScaling",
    isNeeded: (spec, old) => !semanticEqual(spec.resources, old.resources),
  },
  {
    name: "InPlacePodVerticalScalingInitContainers",
    isNeeded: (spec, old) =>
      (old.initContainers ?? []).some(
        ({ restartPolicy, resources }, index) =>
          restartPolicy !== "Always" && !semanticEqual(resources, spec.initContainers?.[index]?.resources),
      ),
  },
];

/** A Pod is not asked for what its node does not say it can do. (plugin/pkg/admission/nodedeclaredfeatures) */
export const nodeDeclaredFeatureValidator: AdmissionPlugin<Pod> = {
  name: "NodeDeclaredFeatureValidator",
  resources: ["pods"],
  operations: ["UPDATE"],
  validate(attributes, { reader }) {
    const { object: pod, oldObject: old, subresource } = attributes;
    if (!["", "resize"].includes(subresource) || !pod?.spec.nodeName || !old) return;
    if (old.metadata.generation === pod.metadata.generation) return;
    const needed = FEATURES.filter(({ isNeeded }) => isNeeded(pod.spec, old.spec)).map(({ name }) => name);
    if (needed.length === 0) return;
    const { nodeName } = pod.spec;
    const node = reader.get<Node>(NODES, "", nodeName);
    if (!node) throw forbidden(attributes, `node ${goQuote(nodeName)} not found`);
    const declared = node.status?.declaredFeatures ?? [];
    const missing = needed.filter((feature) => !declared.includes(feature)).join(", ");
    if (!missing) return;
    const text = `pod update requires features ${missing} which are not available on node ${goQuote(nodeName)}`;
    throw forbidden(attributes, text);
  },
};
