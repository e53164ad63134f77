import { parseCertificate } from "./certificate.ts";
import { certificateRequestFromPem, checkRequestSignature } from "./certificate-request.ts";
import { pemBlocks } from "./pem.ts";

/** Tells what is wrong with the PEM texts of CertificateSigningRequests; "" = nothing. */
export interface CertificateChecks {
  /** Not a request, or not signed by the key it is for. */
  requestProblem(pem: string): string;
  /** Not a chain of one or more certificates. */
  certificateProblem(pem: string): string;
}

/** (pkg/apis/certificates/validation validateCSR, validateCertificate) */
export const certificateChecks: CertificateChecks = {
  requestProblem(text) {
    try {
      checkRequestSignature(certificateRequestFromPem(text));
      return "";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  },
  certificateProblem(text) {
    const blocks = pemBlocks(text);
    if (!blocks.length) return "must contain at least one CERTIFICATE PEM block";
    for (const { label, headers, der } of blocks) {
      if (label !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found "${label}"`;
      if (headers) return "no PEM block headers are permitted";
      if (!der.length) return "found CERTIFICATE PEM block containing 0 certificates";
      try {
        parseCertificate(der);
      } catch {
        return "x509: malformed certificate";
      }
    }
    return "";
  },
};
