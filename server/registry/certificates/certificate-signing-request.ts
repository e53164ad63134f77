import type { CertificateSigningRequest } from "../../../openapi/api/certificates.k8s.io.v1.ts";
import { humanDuration } from "../../meta/duration.ts";
import { deepCopy } from "../../meta/equality.ts";
import { rfc3339 } from "../../meta/time.ts";
import { wireUserInfo } from "../authentication/user-info.ts";
import { defineKind } from "../kind.ts";
import { validateRequest, validateRequestUpdate } from "./validation.ts";

type Request = CertificateSigningRequest;

/**
 * CertificateSigningRequest, certificates.k8s.io/v1. Immutable but for two roads: `approval` decides, `status` issues.
 * Follows pkg/registry/certificates/certificates and pkg/apis/certificates/validation.
 */
export const certificateSigningRequest = defineKind<Request>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  // Any name will do.
  validateName: () => [],
  prepareForCreate(obj, { user }) {
    const { username, uid, groups, extra } = wireUserInfo(user);
    const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...asked } = obj.spec;
    obj.spec = {
      ...asked,
      ...(username && { username }),
      ...(uid && { uid }),
      ...(groups && { groups }),
      ...(extra && { extra }),
    };
    obj.status = {};
  },
  prepareForUpdate(obj, old) {
    obj.spec = deepCopy(old.spec);
    obj.status = deepCopy(old.status);
  },
  validate: (obj, { services }) => validateRequest(obj, undefined, services.certificates),
  updateChecks: ["whole", "own", "changes"],
  validateUpdate: (obj, old, { services }) =>
    validateRequestUpdate(obj, old, { setApproval: false, setCertificate: false }, services.certificates),
  selectableFields: ({ spec }) => ({ "spec.signerName": spec.signerName }),
  columns: [
    { name: "SignerName", type: "string", value: ({ spec }) => spec.signerName || "<none>" },
    { name: "Requestor", type: "string", value: ({ spec }) => spec.username ?? "" },
    {
      name: "RequestedDuration",
      type: "string",
      value: ({ spec: { expirationSeconds } }) =>
        expirationSeconds === undefined ? "<none>" : humanDuration(expirationSeconds * 1000),
    },
    { name: "Condition", type: "string", value: conditionText },
  ],
  subresources: {
    status: {
      verbs: ["get", "patch", "update"],
      prepareForUpdate(obj, old, { now }) {
        obj.spec = deepCopy(old.spec);
        keepDecision(obj, old, "Approved");
        keepDecision(obj, old, "Denied");
        fillTimes(obj, old, now);
      },
      updateChecks: ["whole", "own", "changes"],
      validateUpdate: (obj, old, { services }) =>
        validateRequestUpdate(obj, old, { setApproval: false, setCertificate: true }, services.certificates),
    },
    approval: {
      verbs: ["get", "patch", "update"],
      hasTable: false,
      prepareForUpdate(obj, old, { now }) {
        fillTimes(obj, old, now);
        const { conditions } = obj.status;
        obj.spec = deepCopy(old.spec);
        const { conditions: _old, ...status } = deepCopy(old.status ?? {});
        obj.status = { ...(conditions && { conditions }), ...status };
      },
      updateChecks: ["whole", "own", "changes"],
      validateUpdate: (obj, old, { services }) =>
        validateRequestUpdate(obj, old, { setApproval: true, setCertificate: false }, services.certificates),
    },
  },
});

/** A status update that says what was decided, in other words, changes no word of it. */
function keepDecision(obj: Request, old: Request, type: string): void {
  const now = (obj.status?.conditions ?? []).filter((condition) => condition.type === type);
  const before = (old.status?.conditions ?? []).filter((condition) => condition.type === type);
  if (now.length !== before.length) return;
  now.forEach((condition, i) => {
    // Replaced field by field: the list holds this very object.
    for (const field of Object.keys(condition)) delete (condition as object as Record<string, unknown>)[field];
    Object.assign(condition, before[i]);
  });
}

/** Times that the client left out; a condition that stays as it was keeps its transition. */
function fillTimes(obj: Request, old: Request, now: Date): void {
  obj.status ??= {};
  for (const condition of obj.status.conditions ?? []) {
    condition.lastUpdateTime ??= rfc3339(now);
    const same = old.status?.conditions?.find(
      ({ type, status, lastTransitionTime }) =>
        type === condition.type && status === condition.status && lastTransitionTime,
    );
    condition.lastTransitionTime ??= same?.lastTransitionTime ?? rfc3339(now);
  }
}

function conditionText({ status }: Request): string {
  const has = (type: string) => status?.conditions?.some((condition) => condition.type === type) ?? false;
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return `${decision}${has("Failed") ? ",Failed" : ""}${status?.certificate ? ",Issued" : ""}`;
}
