import type { CertificateSigningRequest } from "../../openapi/api/certificates.k8s.io.v1.ts";
import { type CertificateRequest, certificateRequestFromPem } from "../../pki/certificate-request.ts";

export const REQUESTS = "certificates.k8s.io/v1/certificatesigningrequests";

export type RequestView = Readonly<CertificateSigningRequest>;

/** A condition of this type, whatever its status: deciding is done by adding one. */
export const hasCondition = ({ status }: RequestView, ...types: string[]): boolean =>
  (status.conditions ?? []).some(({ type }) => types.includes(type));

/** What `spec.request` holds. @throws Error */
export function parseRequest({ metadata, spec }: RequestView): CertificateRequest {
  try {
    return certificateRequestFromPem(Buffer.from(spec.request ?? "", "base64").toString("latin1"));
  } catch (error) {
    throw new Error(`unable to parse csr "${metadata.name}": ${error instanceof Error ? error.message : error}`);
  }
}
