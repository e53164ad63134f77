import type { CertificateRequest } from "../../pki/certificate-request.ts";

const CLIENT_USAGES = ["client auth", "digital signature", "key encipherment"];
const SERVING_USAGES = ["digital signature", "key encipherment", "server auth"];

/** What is wrong with a kubelet's request for a client certificate; "" = nothing. (pkg/apis/certificates/helpers.go) */
export function clientProblem({ subject, names }: CertificateRequest, usages: readonly string[]): string {
  if (!isOfNodes(subject)) return "subject organization is not system:nodes";
  if (names.dnsNames.length) return "DNS subjectAltNames are not allowed";
  if (names.emailAddresses.length) return "Email subjectAltNames are not allowed";
  if (names.ipAddresses.length) return "IP subjectAltNames are not allowed";
  if (names.uris.length) return "URI subjectAltNames are not allowed";
  return commonNameProblem(subject) || usageProblem(usages, CLIENT_USAGES);
}

/** The same of a certificate to serve with. */
export function servingProblem({ subject, names }: CertificateRequest, usages: readonly string[]): string {
  if (!isOfNodes(subject)) return "subject organization is not system:nodes";
  if (!names.dnsNames.length && !names.ipAddresses.length) return "DNS or IP subjectAltName is required";
  if (names.emailAddresses.length) return "Email subjectAltNames are not allowed";
  if (names.uris.length) return "URI subjectAltNames are not allowed";
  return usageProblem(usages, SERVING_USAGES) || commonNameProblem(subject);
}

type Subject = CertificateRequest["subject"];

const isOfNodes = ({ organizations }: Subject) => organizations.length === 1 && organizations[0] === "system:nodes";

const commonNameProblem = ({ commonName }: Subject) =>
  commonName.startsWith("system:node:") ? "" : "subject common name does not begin with system:node:";

/** Only RSA keys need key encipherment, so that it may be left out. */
function usageProblem(usages: readonly string[], required: readonly string[]): string {
  const given = new Set(usages);
  const isEqual = (wanted: readonly string[]) => wanted.length === given.size && wanted.every((one) => given.has(one));
  if (isEqual(required) || isEqual(required.filter((usage) => usage !== "key encipherment"))) return "";
  return `usages did not match [${required.join(" ")}]`;
}
