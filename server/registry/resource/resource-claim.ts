import type { ResourceClaim } from "../../../openapi/api/resource.k8s.io.v1.ts";
import { immutable } from "../../meta/internal-form.ts";
import { defineKind } from "../kind.ts";
import { restore, status } from "../subresources.ts";
import { deviceId, validateClaimStatus } from "./claim-status-validation.ts";
import {
  adminRequests,
  defaultClaim,
  defaultTolerations,
  validateAdminAccess,
  validateClaim,
} from "./claim-validation.ts";
import { authorizeClaimStatus } from "./status-authorization.ts";

/** ResourceClaim, resource.k8s.io/v1. Follows pkg/registry/resource/resourceclaim and pkg/apis/resource. */
export const resourceClaim = defineKind<ResourceClaim>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  returnsDeletedObject: true,
  defaults({ spec, status }) {
    defaultClaim(spec);
    for (const { tolerations } of status?.allocation?.devices?.results ?? []) defaultTolerations(tolerations);
  },
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate: (object, old) => restore(object, old, "status"),
  validate: ({ metadata, spec }, context) => [
    ...validateAdminAccess(adminRequests(spec), metadata.namespace ?? "", context),
    ...validateClaim(spec, context.services.checkExpression, "spec"),
  ],
  updateChecks: ["whole", "changes", "own"],
  validateUpdate: (object, old) => immutable("resource.ResourceClaimSpec", [object.spec, old.spec], "spec"),
  subresources: {
    status: {
      verbs: ["get", "patch", "update"],
      hasTable: false,
      prepareForUpdate(object, old, context) {
        const keep = ["labels", "annotations", "ownerReferences", "finalizers"] as const;
        status<ResourceClaim>({ keep }).prepareForUpdate?.(object, old, context);
        dropDeallocated(object, old);
      },
      async authorizeUpdate(object, old, context) {
        const results = (claim: ResourceClaim) => claim.status.allocation?.devices.results ?? [];
        const wanted = results(object).map(
          ({ adminAccess }, index) => [`status.allocation.devices.results[${index}].adminAccess`, adminAccess] as const,
        );
        const wasGranted = results(old).some(({ adminAccess }) => adminAccess);
        return [
          ...(wasGranted ? [] : validateAdminAccess(wanted, object.metadata.namespace ?? "", context)),
          ...(await authorizeClaimStatus(object, old, context)),
        ];
      },
      validateUpdate: validateClaimStatus,
    },
  },
});

/** The status of a device goes with its allocation. */
function dropDeallocated({ status: current }: ResourceClaim, old: ResourceClaim): void {
  const kept = (current.allocation?.devices.results ?? []).map(deviceId);
  const gone = (old.status.allocation?.devices.results ?? []).map(deviceId).filter((id) => !kept.includes(id));
  const devices = (current.devices ?? []).filter((device) => !gone.includes(deviceId(device)));
  if (devices.length > 0) current.devices = devices;
  else delete current.devices;
}
