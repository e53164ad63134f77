import type { PersistentVolumeClaim } from "../../../../openapi/api/core.v1.ts";
import { deepCopy, semanticEqual } from "../../../meta/equality.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import { internalDiff } from "../../../meta/internal-form.ts";
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
  const [before, after] = [withoutOwn(old), withoutOwn(object)];
  if (semanticEqual(before, after)) return;
  const text = "is not allowed to update fields other than status.quantity and status.conditions";
  const difference = internalDiff("PersistentVolumeClaim", before, after);
  throw forbidden(attributes, `node ${goQuote(node)} ${text}: ${difference}`);
}

function withoutOwn(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const copy = deepCopy(claim);
  delete copy.metadata.resourceVersion;
  delete copy.metadata.managedFields;
  for (const field of OWN) delete copy.status?.[field];
  return copy;
}
