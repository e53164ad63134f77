import type { CertificateSigningRequest } from "../../../../openapi/api/certificates.k8s.io.v1.ts";
import type { ResourceSlice } from "../../../../openapi/api/resource.k8s.io.v1.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import { forbidden } from "../../forbidden.ts";
import type { AdmissionAttributes, AdmissionContext } from "../../plugin.ts";

const LEASES = "kube-node-lease";
const SIGNERS = ["kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet"];

/** The heartbeat. */
export function restrictLease(node: string, attributes: AdmissionAttributes): void {
  if (attributes.namespace !== LEASES) {
    throw forbidden(attributes, `can only access leases in the ${goQuote(LEASES)} system namespace`);
  }
  if (nameOf(attributes) === node) return;
  throw forbidden(attributes, "can only access node lease with the same name as the requesting node");
}

/** The storage drivers on it. */
export function restrictCsiNode(node: string, attributes: AdmissionAttributes): void {
  if (nameOf(attributes) === node) return;
  throw forbidden(attributes, "can only access CSINode with the same name as the requesting node");
}

function nameOf({ operation, object, name }: AdmissionAttributes): string | undefined {
  return operation === "CREATE" ? object?.metadata.name : name;
}

/** Its devices. */
export function restrictResourceSlice(node: string, attributes: AdmissionAttributes<ResourceSlice>): void {
  const { operation, object, oldObject } = attributes;
  if (operation === "CREATE" && object?.spec.nodeName !== node) {
    throw forbidden(attributes, "can only create ResourceSlice with the same NodeName as the requesting node");
  }
  if (operation === "DELETE" && oldObject?.spec.nodeName !== node) {
    throw forbidden(attributes, "can only delete ResourceSlice with the same NodeName as the requesting node");
  }
}

/** Its certificates. */
export function restrictCertificateRequest(
  node: string,
  attributes: AdmissionAttributes<CertificateSigningRequest>,
  { certificateSubject }: Pick<AdmissionContext, "certificateSubject">,
): void {
  const { operation, object } = attributes;
  if (operation !== "CREATE" || !object || !SIGNERS.includes(object.spec.signerName)) return;
  let commonName: string;
  try {
    ({ commonName } = certificateSubject(Buffer.from(object.spec.request ?? "", "base64").toString("latin1")));
  } catch (error) {
    throw forbidden(attributes, `unable to parse csr: ${error instanceof Error ? error.message : error}`);
  }
  if (commonName === `system:node:${node}`) return;
  throw forbidden(attributes, `can only create a node CSR with CN=system:node:${node}`);
}
