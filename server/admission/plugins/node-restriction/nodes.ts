import type { Node } from "../../../../openapi/api/core.v1.ts";
import { semanticEqual } from "../../../meta/equality.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import { forbidden } from "../../forbidden.ts";
import type { AdmissionAttributes } from "../../plugin.ts";

const RESERVED = "node-restriction.kubernetes.io";
const KUBELET_LABELS = [
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "node.kubernetes.io/instance-type",
  "beta.kubernetes.io/instance-type",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
];
const KUBELET_NAMESPACES = ["kubelet.kubernetes.io", "node.kubernetes.io"];

type Labels = Readonly<Record<string, string>>;

/** A node changes itself: not its taints, not its owners, and of labels only those that are a kubelet's to set. */
export function restrictNode(node: string, attributes: AdmissionAttributes<Node>): void {
  const { name, operation, object, oldObject: old } = attributes;
  if (name !== node) {
    throw forbidden(attributes, `node ${goQuote(node)} is not allowed to modify node ${goQuote(name)}`);
  }
  if (!object) return;
  const refuse = (what: string) => forbidden(attributes, `node ${goQuote(node)} is not allowed to ${what}`);
  const source = object.spec?.configSource;
  const labels = forbiddenLabels(object.metadata.labels ?? {}, old?.metadata.labels ?? {});
  if (operation === "CREATE") {
    if (source) throw refuse("create pods with a non-nil configSource");
    if (labels.length > 0) throw refuse(`set the following labels: ${labels.join(", ")}`);
    return;
  }
  if (operation !== "UPDATE" || !old) return;
  if (source && !semanticEqual(source, old.spec?.configSource)) {
    throw refuse("update configSource to a new non-nil configSource");
  }
  if (!semanticEqual(object.spec?.taints, old.spec?.taints)) throw refuse("modify taints");
  if (!semanticEqual(object.metadata.ownerReferences, old.metadata.ownerReferences)) {
    throw refuse("modify ownerReferences");
  }
  if (labels.length > 0) throw forbidden(attributes, `is not allowed to modify labels: ${labels.join(", ")}`);
}

function forbiddenLabels(labels: Labels, old: Labels): string[] {
  const keys = new Set([...Object.keys(labels), ...Object.keys(old)]);
  return [...keys].filter((key) => labels[key] !== old[key] && isForbidden(key)).sort();
}

function isForbidden(key: string): boolean {
  const namespace = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  if (isWithin(namespace, RESERVED)) return true;
  if (!isWithin(namespace, "kubernetes.io") && !isWithin(namespace, "k8s.io")) return false;
  return !KUBELET_LABELS.includes(key) && !KUBELET_NAMESPACES.some((allowed) => isWithin(namespace, allowed));
}

function isWithin(namespace: string, domain: string): boolean {
  return namespace === domain || namespace.endsWith(`.${domain}`);
}
