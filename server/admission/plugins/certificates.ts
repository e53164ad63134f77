import type { CertificateSigningRequest } from "../../../openapi/api/certificates.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from "../plugin.ts";

const RESOURCES = ["certificatesigningrequests.certificates.k8s.io"];
const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";
const MASTERS = "system:masters";

/** Who approves or denies must be allowed to for that signer. (plugin/pkg/admission/certificates/approval) */
export const certificateApproval: AdmissionPlugin<CertificateSigningRequest> = {
  name: "CertificateApproval",
  resources: RESOURCES,
  operations: ["UPDATE"],
  async validate(attributes, context) {
    const { oldObject: old, subresource } = attributes;
    if (subresource !== "approval" || !old) return;
    const signer = old.spec.signerName;
    if (await mayUseSigner(attributes, context, "approve", signer)) return;
    throw forbidden(attributes, `user not permitted to approve requests with signerName ${goQuote(signer)}`);
  },
};

/** Who issues the certificate must be allowed to for that signer. (plugin/pkg/admission/certificates/signing) */
export const certificateSigning: AdmissionPlugin<CertificateSigningRequest> = {
  name: "CertificateSigning",
  resources: RESOURCES,
  operations: ["UPDATE"],
  async validate(attributes, context) {
    const { object, oldObject: old, subresource } = attributes;
    if (subresource !== "status" || !object || !old) return;
    const [now, before] = [object.status ?? {}, old.status ?? {}];
    if (now.certificate === before.certificate && semanticEqual(now.conditions, before.conditions)) return;
    const signer = old.spec.signerName;
    if (await mayUseSigner(attributes, context, "sign", signer)) return;
    throw forbidden(attributes, `user not permitted to sign requests with signerName ${goQuote(signer)}`);
  },
};

/** No client certificate makes anybody all-powerful. (plugin/pkg/admission/certificates/subjectrestriction) */
export const certificateSubjectRestriction: AdmissionPlugin<CertificateSigningRequest> = {
  name: "CertificateSubjectRestriction",
  resources: RESOURCES,
  operations: ["CREATE"],
  validate(attributes, { certificateSubject }) {
    const { object: request, subresource } = attributes;
    if (subresource || request?.spec.signerName !== CLIENT_SIGNER) return;
    let organizations: readonly string[];
    try {
      ({ organizations } = certificateSubject(Buffer.from(request.spec.request ?? "", "base64").toString("latin1")));
    } catch (error) {
      throw forbidden(attributes, `failed to parse CSR: ${error instanceof Error ? error.message : error}`);
    }
    if (!organizations.includes(MASTERS)) return;
    throw forbidden(attributes, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`);
  },
};

/** For the signer itself, or for all of its domain. (pkg/certauthorization) */
async function mayUseSigner(
  { user }: AdmissionAttributes,
  { authorizer }: AdmissionContext,
  verb: string,
  signer: string,
): Promise<boolean> {
  for (const name of [signer, `${signer.split("/")[0]}/*`]) {
    const { decision, error } = await authorizer.authorize({
      user,
      verb,
      resourceRequest: true,
      group: "certificates.k8s.io",
      version: "*",
      resource: "signers",
      subresource: "",
      namespace: "",
      name,
      path: "",
    });
    if (decision === "allow" && !error) return true;
  }
  return false;
}
