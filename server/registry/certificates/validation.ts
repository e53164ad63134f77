import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition as Condition,
} from "../../../openapi/api/certificates.k8s.io.v1.ts";
import type { CertificateChecks } from "../../../pki/checks.ts";
import { semanticEqual } from "../../meta/equality.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import { internalDiff } from "../../meta/internal-form.ts";
import { validateSignerName } from "./signer-name.ts";

const LEGACY_SIGNER = "kubernetes.io/legacy-unknown";

/** In the order of upstream's message. */
const USAGES: readonly string[] = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];

/** Conditions that cannot be false. */
const TRUE_ONLY = ["Approved", "Denied", "Failed"];

/** What one road of update may do that the others may not. */
export interface UpdateRights {
  readonly setApproval: boolean;
  readonly setCertificate: boolean;
}

type Request = Readonly<CertificateSigningRequest>;

/** (pkg/apis/certificates/validation) @param old what is stored: its faults are let pass. */
export function validateRequest(
  { spec, status }: Request,
  old: Request | undefined,
  checks: CertificateChecks,
): FieldError[] {
  const { request, usages = [], signerName = "", expirationSeconds } = spec;
  const errors: FieldError[] = [];
  const problem = checks.requestProblem(decoded(request));
  if (problem) errors.push(fieldInvalid("spec.request", request ?? null, problem));
  if (!usages.length) errors.push(fieldRequired("spec.usages", ""));
  const oldUsages = old?.spec.usages ?? [];
  if (oldUsages.every((usage) => USAGES.includes(usage))) {
    usages.forEach((usage, i) => {
      if (!USAGES.includes(usage)) errors.push(fieldNotSupported(`spec.usages[${i}]`, usage, USAGES));
    });
  }
  if (new Set(oldUsages).size === oldUsages.length) {
    usages.forEach((usage, i) => {
      if (usages.indexOf(usage) < i) errors.push(fieldDuplicate(`spec.usages[${i}]`, usage));
    });
  }
  if (signerName === LEGACY_SIGNER && old?.spec.signerName !== LEGACY_SIGNER) {
    const detail = "the legacy signerName is not allowed via this API version";
    errors.push(fieldInvalid("spec.signerName", signerName, detail));
  } else errors.push(...validateSignerName(signerName, "spec.signerName"));
  if (expirationSeconds !== undefined && expirationSeconds < 600) {
    const detail = "may not specify a duration less than 600 seconds (10 minutes)";
    errors.push(fieldInvalid("spec.expirationSeconds", expirationSeconds, detail));
  }
  errors.push(...validateConditions(status?.conditions ?? [], old?.status?.conditions ?? []));
  const certificate = status?.certificate ?? "";
  const oldCertificate = old?.status?.certificate ?? "";
  const untouched = old !== undefined && certificate === oldCertificate;
  const problemOf = (base64: string) => (base64 ? checks.certificateProblem(decoded(base64)) : "");
  const fault = untouched ? "" : problemOf(certificate);
  if (fault && !problemOf(oldCertificate)) {
    errors.push(fieldInvalid("status.certificate", "<certificate data>", fault));
  }
  return errors;
}

/** An update never takes back a decision, and only its own road may take one. */
export function validateRequestUpdate(
  obj: Request,
  old: Request,
  rights: UpdateRights,
  checks: CertificateChecks,
): FieldError[] {
  const field = "status.conditions";
  const errors = validateRequest(obj, old, checks);
  for (const type of TRUE_ONLY) {
    if (conditions(obj, type).length < conditions(old, type).length) {
      errors.push(fieldForbidden(field, `updates may not remove a condition of type "${type}"`));
    }
  }
  if (!rights.setApproval) {
    for (const type of ["Approved", "Denied"]) {
      const [now, before] = [conditions(obj, type), conditions(old, type)];
      if (now.length > before.length) {
        errors.push(fieldForbidden(field, `updates may not add a condition of type "${type}"`));
      } else if (now.length === before.length && !semanticEqual(now, before)) {
        const detail = internalDiff("[]certificates.CertificateSigningRequestCondition", before, now);
        errors.push(fieldForbidden(field, `updates may not modify a condition of type "${type}"\n${detail}`));
      }
    }
  }
  const [certificate = "", oldCertificate = ""] = [obj.status?.certificate, old.status?.certificate];
  if (certificate !== oldCertificate) {
    if (!rights.setCertificate) {
      errors.push(fieldForbidden("status.certificate", "updates may not set certificate content"));
    } else if (oldCertificate) {
      errors.push(fieldForbidden("status.certificate", "updates may not modify existing certificate content"));
    }
  }
  return errors;
}

const decoded = (base64 = ""): string => Buffer.from(base64, "base64").toString("utf8");

const conditions = (request: Request, type: string): Condition[] =>
  (request.status?.conditions ?? []).filter((condition) => condition.type === type);

function validateConditions(list: readonly Condition[], old: readonly Condition[]): FieldError[] {
  const field = "status.conditions";
  const types = old.map((condition) => condition.type);
  const had = { both: types.includes("Approved") && types.includes("Denied"), empty: types.includes("") };
  const hadDuplicates = new Set(types).size < types.length;
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  list.forEach(({ type = "", status = "" }, i) => {
    if (!type && !had.empty) errors.push(fieldRequired(`${field}[${i}].type`, ""));
    const allowed = TRUE_ONLY.includes(type) ? ["True"] : ["False", "True", "Unknown"];
    if (!status) errors.push(fieldRequired(`${field}[${i}].status`, ""));
    else if (!allowed.includes(status)) errors.push(fieldNotSupported(`${field}[${i}].status`, status, allowed));
    const opposite = type === "Approved" ? "Denied" : type === "Denied" ? "Approved" : undefined;
    if (!had.both && opposite && seen.has(opposite)) {
      errors.push(fieldInvalid(field, type, "Approved and Denied conditions are mutually exclusive"));
    }
    if (!hadDuplicates && seen.has(type)) errors.push(fieldDuplicate(`${field}[${i}].type`, type));
    seen.add(type);
  });
  return errors;
}
