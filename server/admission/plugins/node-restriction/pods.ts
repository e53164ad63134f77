import type { Node, Pod } from "../../../../openapi/api/core.v1.ts";
import { semanticEqual } from "../../../meta/equality.ts";
import { notFound } from "../../../meta/errors.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import type { OwnerReference } from "../../../meta/object.ts";
import { forbidden } from "../../forbidden.ts";
import type { AdmissionAttributes, AdmissionContext, ObjectReader } from "../../plugin.ts";
import { isMirrorPod, MIRROR_POD } from "../../pod-containers.ts";
import { apiReferenceOf } from "./api-reference.ts";

const PODS = { group: "", resource: "pods" };
const NODES = { group: "", resource: "nodes" };

/** Mirror Pods come and go with their files; of other Pods a node sets the status, or evicts them. */
export function restrictPod(
  node: string,
  attributes: AdmissionAttributes<Pod>,
  { reader }: Pick<AdmissionContext, "reader">,
): void {
  const { subresource, operation } = attributes;
  if (subresource === "status") return restrictStatus(node, attributes);
  if (subresource === "eviction") return restrictEviction(node, attributes, reader);
  if (subresource !== "") {
    const text = `unexpected pod subresource ${goQuote(subresource)}, only 'status' and 'eviction' are allowed`;
    throw forbidden(attributes, text);
  }
  if (operation === "CREATE") return restrictCreate(node, attributes, reader);
  if (operation === "DELETE") {
    if (podOf(attributes, attributes.name, reader).spec.nodeName === node) return;
    throw forbidden(attributes, `node ${goQuote(node)} can only delete pods with spec.nodeName set to itself`);
  }
  const text = `unexpected operation ${goQuote(operation)}, node ${goQuote(node)} can only create and delete mirror pods`;
  throw forbidden(attributes, text);
}

function podOf({ namespace }: AdmissionAttributes, name: string, reader: ObjectReader): Readonly<Pod> {
  const pod = reader.get<Pod>(PODS, namespace, name);
  if (!pod) throw notFound({ group: "", resource: "pod" }, name);
  return pod;
}

function restrictCreate(node: string, attributes: AdmissionAttributes<Pod>, reader: ObjectReader): void {
  const { object: pod } = attributes;
  if (!pod) return;
  const refuse = (text: string) => forbidden(attributes, `node ${goQuote(node)} ${text}`);
  if (!isMirrorPod(pod.metadata)) {
    const text = `pod does not have ${goQuote(MIRROR_POD)} annotation, node ${goQuote(node)} can only create mirror pods`;
    throw forbidden(attributes, text);
  }
  if (pod.spec.nodeName !== node) throw refuse("can only create pods with spec.nodeName set to itself");
  const owners = pod.metadata.ownerReferences ?? [];
  if (owners.length > 1) throw refuse("can only create pods with a single owner reference set to itself");
  const problem = ownerProblem(node, owners[0]);
  if (problem) throw refuse(problem);
  const found = reader.get<Node>(NODES, "", node);
  if (!found) throw notFound({ group: "", resource: "node" }, node);
  if (owners[0]?.uid !== found.metadata.uid) {
    throw forbidden(attributes, `node ${node} UID mismatch: expected ${owners[0]?.uid} got ${found.metadata.uid}`);
  }
  const reference = apiReferenceOf(pod);
  if (reference.error) throw forbidden(attributes, `error checking mirror pod for API references: ${reference.error}`);
  if (reference.resource) throw refuse(`can not create pods that reference ${reference.resource}`);
}

function ownerProblem(node: string, owner: OwnerReference | undefined): string | undefined {
  if (owner?.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node) {
    return "can only create pods with an owner reference set to itself";
  }
  if (!owner.controller) return "can only create pods with a controller owner reference set to itself";
  return owner.blockOwnerDeletion ? "must not set blockOwnerDeletion on an owner reference" : undefined;
}

function restrictStatus(node: string, attributes: AdmissionAttributes<Pod>): void {
  const { operation, object: pod, oldObject: old } = attributes;
  if (operation !== "UPDATE" || !pod || !old) {
    throw forbidden(attributes, `unexpected operation ${goQuote(operation)}`);
  }
  if (old.spec.nodeName !== node) {
    const text = "can only update pod status for pods with spec.nodeName set to itself";
    throw forbidden(attributes, `node ${goQuote(node)} ${text}`);
  }
  const refuse = (what: string) => forbidden(attributes, `node ${goQuote(node)} cannot update ${what}`);
  if (!semanticEqual(pod.metadata.labels ?? {}, old.metadata.labels ?? {})) throw refuse("labels through pod status");
  const [status, before] = [pod.status ?? {}, old.status ?? {}];
  if (!semanticEqual(status.resourceClaimStatuses, before.resourceClaimStatuses)) {
    throw refuse("resource claim statues"); // upstream's spelling
  }
  if (!semanticEqual(status.extendedResourceClaimStatus, before.extendedResourceClaimStatus)) {
    throw refuse("extended resource claim status");
  }
}

function restrictEviction(node: string, attributes: AdmissionAttributes<Pod>, reader: ObjectReader): void {
  const { operation, name, object } = attributes;
  if (operation !== "CREATE") throw forbidden(attributes, `unexpected operation ${operation}`);
  const podName = name || object?.metadata.name;
  if (!podName) throw forbidden(attributes, "could not determine pod from request data");
  if (podOf(attributes, podName, reader).spec.nodeName === node) return;
  throw forbidden(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`);
}
