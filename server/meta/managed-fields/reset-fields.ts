import type { ResetFields } from "./filter.ts";

const STATUS: ResetFields = { reset: [["status"]] };
const SPEC: ResetFields = { reset: [["spec"]] };
const SPEC_AND_METADATA: ResetFields = { reset: [["spec"], ["metadata"]] };

/** The resource resets its status, the status resets the spec. */
const BOTH: Readonly<Record<string, ResetFields>> = { "": STATUS, status: SPEC };
/** The same, but the status resets metadata as well. */
const BOTH_AND_METADATA: Readonly<Record<string, ResetFields>> = { "": STATUS, status: SPEC_AND_METADATA };

/**
 * What built-in strategies throw away, by group and plural, then by subresource ("" is the resource itself). All
 * versions of a kind agree. Follows GetResetFields and GetResetFieldsFilter in pkg/registry/…/strategy.go,
 * apiextensions-apiserver and kube-aggregator.
 */
const RESET_FIELDS: Readonly<Record<string, Readonly<Record<string, ResetFields>>>> = {
  "/namespaces": { ...BOTH, finalize: STATUS },
  "/nodes": BOTH,
  "/persistentvolumes": BOTH,
  "/persistentvolumeclaims": BOTH,
  "/pods": {
    "": STATUS,
    status: { reset: [["spec"], ["metadata", "deletionTimestamp"], ["metadata", "ownerReferences"]] },
    // Upstream has filters for ephemeralcontainers and resize, but their storage does not pass them on.
  },
  "/replicationcontrollers": BOTH,
  "/resourcequotas": BOTH,
  "/services": BOTH,
  "admissionregistration.k8s.io/validatingadmissionpolicies": BOTH_AND_METADATA,
  "apiextensions.k8s.io/customresourcedefinitions": BOTH,
  "apiregistration.k8s.io/apiservices": BOTH_AND_METADATA,
  "apps/daemonsets": BOTH,
  "apps/deployments": { "": STATUS, status: { reset: [["spec"], ["metadata", "labels"]] } },
  "apps/replicasets": BOTH,
  "apps/statefulsets": BOTH,
  "autoscaling/horizontalpodautoscalers": BOTH,
  "batch/cronjobs": BOTH,
  "batch/jobs": BOTH,
  "certificates.k8s.io/certificatesigningrequests": {
    "": { reset: [["spec"], ["status"]] },
    status: { reset: [["spec"], ["status", "conditions"]] },
    approval: { reset: [["spec"], ["status", "certificate"]] },
  },
  "flowcontrol.apiserver.k8s.io/flowschemas": BOTH_AND_METADATA,
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": BOTH_AND_METADATA,
  "networking.k8s.io/ingresses": BOTH,
  "networking.k8s.io/servicecidrs": BOTH_AND_METADATA,
  "policy/poddisruptionbudgets": BOTH,
  "resource.k8s.io/devicetaintrules": BOTH_AND_METADATA,
  "resource.k8s.io/resourceclaims": BOTH_AND_METADATA,
  "storage.k8s.io/volumeattachments": BOTH_AND_METADATA,
};

/** @returns undefined where nothing is reset */
export function resetFieldsOf(group: string, plural: string, subresource: string): ResetFields | undefined {
  return RESET_FIELDS[`${group}/${plural}`]?.[subresource];
}

/** The same for a custom resource: its status is reset only where it is a subresource. (customresource/strategy.go) */
export function customResetFields(hasStatus: boolean, subresource: string): ResetFields | undefined {
  if (subresource === "status") return SPEC_AND_METADATA;
  return hasStatus ? STATUS : undefined;
}
