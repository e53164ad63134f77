import {
  type Action,
  type Controller,
  defineController,
  type Key,
  type Lister,
  timestamp,
} from "../../client/index.ts";
import type { CertificateSigningRequest } from "../../openapi/api/certificates.k8s.io.v1.ts";
import { type CertificateAuthority, signCertificateRequest } from "../../pki/authority.ts";
import type { CertificateRequest } from "../../pki/certificate-request.ts";
import { clientProblem, servingProblem } from "./kubelet-request.ts";
import { hasCondition, parseRequest, REQUESTS, type RequestView } from "./request.ts";
import type { SignerName } from "./signer-authorities.ts";

interface Listers {
  requests: Lister<CertificateSigningRequest>;
}

/** What each signer refuses to sign; "" = nothing. (pkg/controller/certificates/signer) */
const PROBLEM: Record<SignerName, (request: CertificateRequest, usages: readonly string[]) => string> = {
  "kubernetes.io/kubelet-serving": servingProblem,
  "kubernetes.io/kube-apiserver-client-kubelet": clientProblem,
  "kubernetes.io/kube-apiserver-client": (_request, usages) => apiClientProblem(usages),
  "kubernetes.io/legacy-unknown": () => "",
};

function apiClientProblem(usages: readonly string[]): string {
  const allowed = ["digital signature", "key encipherment", "client auth"];
  const wrong = usages.find((usage) => !allowed.includes(usage));
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`;
  return usages.includes("client auth") ? "" : "missing required usage for client certificate: client auth";
}

export interface SigningOptions {
  /** The authority to sign with, or undefined where nobody signs. Asked for each certificate: files may change. */
  authorityOf(signer: SignerName): CertificateAuthority | undefined;
  /** Longest life of a certificate. */
  durationSeconds: number;
}

/** Nobody gets less than this, in seconds: twice what a certificate is backdated. */
const SHORTEST = 600;

function duration(wish: number | undefined, longest: number): number {
  return wish === undefined || wish > longest ? longest : Math.max(wish, SHORTEST);
}

/** Signs requests that were approved. Follows pkg/controller/certificates/signer. */
export function reconcile(key: Key, { requests }: Listers, options: SigningOptions, now: Date): Action[] {
  const request = requests.get(key);
  if (!request || request.status.certificate || !isSignable(request)) return [];
  const { signerName, usages = [], expirationSeconds } = request.spec;
  if (!isSigner(signerName)) return [];
  const authority = options.authorityOf(signerName);
  if (!authority) return [];
  const parsed = parseRequest(request);
  const problem = PROBLEM[signerName](parsed, usages);
  if (problem) return [fail(request, problem, now)];
  const durationSeconds = duration(expirationSeconds, options.durationSeconds);
  const pem = signCertificateRequest(authority, parsed, { durationSeconds, usages }, now);
  return [update(request, { ...request.status, certificate: Buffer.from(pem).toString("base64") })];
}

/** Approved and not denied, nor failed before. */
const isSignable = (request: RequestView): boolean =>
  hasCondition(request, "Approved") &&
  !hasCondition(request, "Denied") &&
  !request.status.conditions?.some(({ type, status }) => type === "Failed" && (!status || status === "True"));

const isSigner = (name: string): name is SignerName => Object.hasOwn(PROBLEM, name);

function fail(request: RequestView, message: string, now: Date): Action {
  const time = timestamp(now);
  const failed = { type: "Failed", status: "True", reason: "SignerValidationFailure", message, lastUpdateTime: time };
  return update(request, { ...request.status, conditions: [...(request.status.conditions ?? []), failed] });
}

function update(request: RequestView, status: CertificateSigningRequest["status"]): Action {
  const object: CertificateSigningRequest = { ...request, status };
  return { do: "updateStatus", resource: REQUESTS, object };
}

export function certificateSigningController(options: SigningOptions): Controller {
  return defineController<Listers>({
    name: "certificatesigningrequest-signing-controller",
    watches: { for: REQUESTS },
    listers: (get) => ({ requests: get(REQUESTS) }),
    reconcile: (key, listers, { now }) => reconcile(key, listers, options, now),
  });
}
