import { expect, test } from "vitest";
import { listerOf } from "../../client/index.ts";
import type { CertificateSigningRequest } from "../../openapi/api/certificates.k8s.io.v1.ts";
import { createAuthority } from "../../pki/authority.ts";
import { certificateFromPem, generateKey } from "../../pki/certificate.ts";
import { createCertificateRequest } from "../../pki/certificate-request.ts";
import { noAlternativeNames } from "../../pki/extensions.ts";
import { reconcile } from "./signing.ts";

const now = new Date("2026-01-01T00:00:00Z");
const authority = createAuthority("ca", now);
const { privateKey } = generateKey();
const YEAR = 365 * 24 * 3600;

interface Case {
  signer: string;
  organizations?: string[];
  commonName?: string;
  dnsNames?: string[];
  usages: string[];
  expirationSeconds?: number;
}

function sign({ signer, organizations = [], commonName = "jane", dnsNames = [], ...spec }: Case) {
  const names = { ...noAlternativeNames, dnsNames };
  const pem = createCertificateRequest(privateKey, { commonName, organizations }, names);
  const request = {
    metadata: { name: "r" },
    spec: { request: Buffer.from(pem).toString("base64"), signerName: `kubernetes.io/${signer}`, ...spec },
    status: { conditions: [{ type: "Approved", status: "True" }] },
  } as CertificateSigningRequest;
  const options = { authorityOf: () => authority, durationSeconds: YEAR };
  const [action] = reconcile("r", { requests: listerOf([request]) }, options, now);
  return action?.do === "updateStatus" ? (action.object as CertificateSigningRequest).status : undefined;
}

const node = { organizations: ["system:nodes"], commonName: "system:node:a" };
const client = ["client auth", "digital signature"];
const serving = ["server auth", "digital signature", "key encipherment"];

test.each<{ given: Case; message: string }>([
  {
    given: { signer: "kube-apiserver-client", usages: ["client auth", "server auth"] },
    message: "invalid usage for client certificate: server auth",
  },
  {
    given: { signer: "kube-apiserver-client", usages: ["digital signature"] },
    message: "missing required usage for client certificate: client auth",
  },
  {
    given: { signer: "kube-apiserver-client-kubelet", usages: client },
    message: "subject organization is not system:nodes",
  },
  {
    given: { signer: "kube-apiserver-client-kubelet", ...node, dnsNames: ["a"], usages: client },
    message: "DNS subjectAltNames are not allowed",
  },
  {
    given: { signer: "kube-apiserver-client-kubelet", ...node, usages: serving },
    message: "usages did not match [client auth digital signature key encipherment]",
  },
  {
    given: { signer: "kubelet-serving", ...node, usages: serving },
    message: "DNS or IP subjectAltName is required",
  },
  {
    given: { signer: "kubelet-serving", ...node, commonName: "a", dnsNames: ["a"], usages: serving },
    message: "subject common name does not begin with system:node:",
  },
])("$given.signer refuses: $message", ({ given, message }) => {
  expect(sign(given)?.conditions?.[1]).toEqual({
    type: "Failed",
    status: "True",
    reason: "SignerValidationFailure",
    message,
    lastUpdateTime: "2026-01-01T00:00:00Z",
  });
});

test.each<{ given: Case; seconds: number }>([
  { given: { signer: "kube-apiserver-client", usages: client }, seconds: YEAR - 300 },
  { given: { signer: "kube-apiserver-client", usages: client, expirationSeconds: 2 * YEAR }, seconds: YEAR - 300 },
  { given: { signer: "kube-apiserver-client", usages: client, expirationSeconds: 3600 }, seconds: 3600 },
  { given: { signer: "kube-apiserver-client", usages: client, expirationSeconds: 60 }, seconds: 600 },
  { given: { signer: "kube-apiserver-client-kubelet", ...node, usages: client }, seconds: YEAR - 300 },
  { given: { signer: "kubelet-serving", ...node, dnsNames: ["a"], usages: serving }, seconds: YEAR - 300 },
  { given: { signer: "legacy-unknown", usages: ["code signing"] }, seconds: YEAR - 300 },
])("$given.signer signs for $seconds s", ({ given, seconds }) => {
  const certificate = certificateFromPem(Buffer.from(sign(given)?.certificate ?? "", "base64").toString());
  expect(certificate.notAfter).toEqual(new Date(now.getTime() + seconds * 1000));
  expect(certificate.notBefore).toEqual(new Date(now.getTime() - 300_000));
  expect(certificate.subject.commonName).toBe(given.commonName ?? "jane");
});

test("other signers' requests are left alone", () => {
  expect(sign({ signer: "someone-else", usages: client })).toBeUndefined();
});
