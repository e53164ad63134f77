import { encodeAny } from "../../../openapi/encode.ts";
import type { StatusDetails } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { AdmissionAttributes } from "../plugin.ts";
import type { Invocation } from "./versions.ts";

/** What a webhook said, checked. */
export interface Verdict {
  readonly allowed: boolean;
  readonly result?: {
    readonly code?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly details?: StatusDetails;
  };
  /** JSON Patch operations, still to be parsed. */
  readonly patch?: string;
  readonly patchType: string;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

const VERSIONS = ["v1", "v1beta1"];

/** The first of the versions that both sides know. */
export function reviewVersion(accepted: readonly string[] = []): string | undefined {
  return accepted.find((version) => VERSIONS.includes(version));
}

/** AdmissionRequest without the objects, in the order of the Go struct. */
export function requestFields(
  uid: string,
  attributes: AdmissionAttributes,
  { kind, resource }: Invocation,
  requested: Invocation,
): Record<string, unknown> {
  const { subresource, name, namespace, operation, user } = attributes;
  const sub = subresource ? { subResource: subresource } : {};
  return {
    uid,
    kind: pick(kind.group, kind.version, { kind: kind.kind }),
    resource: pick(resource.group, resource.version, { resource: resource.resource }),
    ...sub,
    requestKind: pick(requested.kind.group, requested.kind.version, { kind: requested.kind.kind }),
    requestResource: pick(requested.resource.group, requested.resource.version, {
      resource: requested.resource.resource,
    }),
    ...(subresource && { requestSubResource: subresource }),
    ...(name && { name }),
    ...(namespace && { namespace }),
    operation,
    userInfo: {
      ...(user.name && { username: user.name }),
      ...(user.uid && { uid: user.uid }),
      ...(user.groups.length > 0 && { groups: user.groups }),
      ...(user.extra && Object.keys(user.extra).length > 0 && { extra: user.extra }),
    },
  };
}

function pick<T extends object>(group: string, version: string, last: T) {
  return { group, version, ...last };
}

/** The options of the request; connections have none, what they ask for being the object. */
export function requestOptions({ operation, options }: AdmissionAttributes): Record<string, unknown> | null {
  return operation === "CONNECT" ? null : options;
}

/** The body of the call; the objects come encoded. (plugin/webhook/request) */
export function encodeReview(
  version: string,
  fields: Readonly<Record<string, unknown>>,
  { object, oldObject, attributes }: { object: string; oldObject: string; attributes: AdmissionAttributes },
): string {
  const head = encodeAny(fields).slice(0, -1);
  const options = encodeAny(requestOptions(attributes));
  const request = `${head},"object":${object},"oldObject":${oldObject},"dryRun":${attributes.dryRun},"options":${options}}`;
  return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/${version}","request":${request}}`;
}

/** @throws Error in the words of VerifyAdmissionResponse */
export function verifyReview(version: string, uid: string, mutating: boolean, body: unknown): Verdict {
  // The casts in here: a stranger's JSON, of which each part is looked at before use.
  const review = (body ?? {}) as { kind?: unknown; apiVersion?: unknown; response?: unknown };
  const response = review.response as Record<string, unknown> | null | undefined;
  if (!response || typeof response !== "object") throw new Error("webhook response was absent");
  const { patch, patchType, ...rest } = response;
  if (version === "v1") {
    checkIdentity(review, response, uid);
    checkPatch(patch, patchType, mutating);
  }
  return {
    allowed: rest.allowed === true,
    ...(isRecord(rest.status) && { result: rest.status as Verdict["result"] }),
    ...(mutating && patch ? { patch: Buffer.from(String(patch), "base64").toString() } : {}),
    patchType: version === "v1" ? String(patchType ?? "") : "JSONPatch",
    warnings: Array.isArray(rest.warnings) ? rest.warnings.map(String) : [],
    auditAnnotations: isRecord(rest.auditAnnotations) ? (rest.auditAnnotations as Record<string, string>) : {},
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const REVIEWS = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"];

/** Where upstream decodes answers, and says so. */
const SCHEME = "k8s.io/apiserver/pkg/util/webhook/client.go:71";

/** What an answer does not say of its kind is that of a review. @throws Error when it is something else */
export function requireReview(body: unknown): unknown {
  const { kind, apiVersion } = isRecord(body) ? body : {};
  const named = typeof kind === "string" && kind ? kind : "AdmissionReview";
  const version = typeof apiVersion === "string" && apiVersion ? apiVersion : (REVIEWS[0] ?? "");
  if (named === "AdmissionReview" && REVIEWS.includes(version)) return body;
  throw new Error(
    `no kind ${goQuote(named)} is registered for version ${goQuote(version)} in scheme ${goQuote(SCHEME)}`,
  );
}

function checkIdentity(
  { kind, apiVersion }: { kind?: unknown; apiVersion?: unknown },
  response: Readonly<Record<string, unknown>>,
  uid: string,
): void {
  const answered = typeof response.uid === "string" ? response.uid : "";
  if (answered !== uid) throw new Error(`expected response.uid=${goQuote(uid)}, got ${goQuote(answered)}`);
  const expected = printKind("admission.k8s.io/v1", "AdmissionReview");
  const got = printKind(typeof apiVersion === "string" ? apiVersion : "", typeof kind === "string" ? kind : "");
  if (got !== expected) throw new Error(`expected webhook response of ${expected}, got ${got}`);
}

function printKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

function checkPatch(patch: unknown, patchType: unknown, mutating: boolean): void {
  const hasPatch = patch !== undefined && patch !== null && patch !== "";
  const hasType = patchType !== undefined && patchType !== null;
  if (!mutating) {
    if (hasPatch) throw new Error("validating webhook may not return response.patch");
    if (hasType) throw new Error("validating webhook may not return response.patchType");
    return;
  }
  if (hasPatch && !hasType) throw new Error("webhook returned response.patch but not response.patchType");
  if (!hasPatch && hasType) throw new Error("webhook returned response.patchType but not response.patch");
  if (patchType === "") throw new Error('webhook returned invalid response.patchType of ""');
}
