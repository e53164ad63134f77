import type { LimitRange, PersistentVolumeClaim, Pod } from "../../../../openapi/api/core.v1.ts";
import { forbidden } from "../../forbidden.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../../plugin.ts";
import { applyDefaults } from "./defaults.ts";
import { claimProblems, podProblems } from "./limits.ts";

const LIMIT_RANGES = { group: "", resource: "limitranges" };

/** Fills in and checks what containers and claims ask for. (plugin/pkg/admission/limitranger) */
export const limitRanger: AdmissionPlugin<Pod | PersistentVolumeClaim> = {
  name: "LimitRanger",
  resources: ["pods", "persistentvolumeclaims"],
  operations: ["CREATE", "UPDATE"],
  admit(attributes, { reader }) {
    const { object, resource } = attributes;
    if (resource !== "pods" || !object) return;
    // The cast: the resource says what it is.
    for (const range of rangesFor(attributes, reader)) applyDefaults(object as Pod, range);
  },
  validate(attributes, { reader }) {
    const { object, resource } = attributes;
    if (!object) return;
    for (const range of rangesFor(attributes, reader)) {
      // The casts: the resource says what it is.
      const problems =
        resource === "pods"
          ? podProblems(object as Pod, range.spec.limits ?? [])
          : claimProblems(object as PersistentVolumeClaim, range.spec.limits ?? []);
      if (problems.length > 0) throw forbidden(attributes, problems);
    }
  },
};

/** Containers change on creation and through `resize` only. What is being deleted is left alone. */
function rangesFor(attributes: AdmissionAttributes, reader: ObjectReader): readonly Readonly<LimitRange>[] {
  const { operation, resource, subresource, oldObject, namespace } = attributes;
  const resizes = resource === "pods" && subresource === "resize" && operation === "UPDATE";
  if (!resizes && (subresource || (resource === "pods" && operation === "UPDATE"))) return [];
  if (oldObject?.metadata.deletionTimestamp) return [];
  return reader.list<LimitRange>(LIMIT_RANGES, namespace);
}
