import type { PersistentVolumeClaim } from "../../../../openapi/api/core.v1.ts";
import { deepCopy, semanticEqual } from "../../../meta/equality.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import { forbidden } from "../../forbidden.ts";
import type { AdmissionAttributes } from "../../plugin.ts";

const OWN = ["capacity", "conditions", "allocatedResourceStatuses", "allocatedResources"] as const;

/** Of a claim's status a node sets what it knows: how large the volume has become. */
export function restrictPersistentVolumeClaim(
  node: string,
  attributes: AdmissionAttributes<PersistentVolumeClaim>,
): void {
  const { subresource, operation, object, oldObject: old } = attributes;
  if (subresource !== "status") throw forbidden(attributes, "may only update PVC status");
  if (operation !== "UPDATE" || !object || !old) {
    throw forbidden(attributes, `unexpected operation ${goQuote(operation)}`);
  }
  if (semanticEqual(withoutOwn(object), withoutOwn(old))) return;
  const text = "is not allowed to update fields other than status.quantity and status.conditions";
  // Upstream adds a diff of the Go structs here.
  throw forbidden(attributes, `node ${goQuote(node)} ${text}: `);
}

function withoutOwn(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const copy = deepCopy(claim);
  delete copy.metadata.resourceVersion;
  delete copy.metadata.managedFields;
  for (const field of OWN) delete copy.status?.[field];
  return copy;
}
