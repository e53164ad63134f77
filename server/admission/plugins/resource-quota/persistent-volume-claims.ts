import type { PersistentVolumeClaim } from "../../../../openapi/api/core.v1.ts";
import type { KubeObject } from "../../../meta/object.ts";
import { compareQuantities, parseQuantity, type Quantity, roundUpQuantity } from "../../../meta/quantity.ts";
import { storageClassOf } from "../default-storage-class.ts";
import { countName, type Evaluator, matchesName, ONE, type Scope } from "./evaluator.ts";

const COUNT = countName("", "persistentvolumeclaims");
const RESOURCES = ["persistentvolumeclaims", "requests.storage"];
const BY_CLASS = ".storageclass.storage.k8s.io/";

/** (pkg/quota/v1/evaluator/core/persistent_volume_claims.go) */
export const claimEvaluator: Evaluator<PersistentVolumeClaim> = {
  handles({ subresource, operation, object, oldObject }) {
    if (subresource === "") return operation === "CREATE" || operation === "UPDATE";
    // Upstream compares two pointers here, which never are the same: every status update is looked at.
    return subresource === "status" && object !== undefined && oldObject !== undefined;
  },
  matches: (name) =>
    name === COUNT || RESOURCES.includes(name) || RESOURCES.some((resource) => name.endsWith(BY_CLASS + resource)),
  matchesScope,
  usage(claim) {
    const storageClass = storageClassOf(claim);
    const usage = new Map<string, Quantity>([
      ["persistentvolumeclaims", ONE],
      [COUNT, ONE],
    ]);
    const storage = storageOf(claim);
    if (storageClass) usage.set(`${storageClass}${BY_CLASS}persistentvolumeclaims`, ONE);
    if (!storage) return usage;
    usage.set("requests.storage", storage);
    if (storageClass) usage.set(`${storageClass}${BY_CLASS}requests.storage`, storage);
    return usage;
  },
};

/** What is asked for, or has been given already where that is more. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const asked = spec.resources?.requests?.storage;
  if (asked === undefined) return undefined;
  const request = roundUpQuantity(parseQuantity(asked), 0);
  const given = status?.allocatedResources?.storage;
  if (given === undefined) return request;
  const allocated = parseQuantity(given);
  return compareQuantities(allocated, request) > 0 ? roundUpQuantity(allocated, 0) : request;
}

function matchesScope(scope: Scope, { spec, status }: PersistentVolumeClaim & KubeObject): boolean {
  if (scope.scopeName !== "VolumeAttributesClass") return false;
  const names = [
    spec.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name): name is string => !!name);
  if (names.length === 0) return matchesName(scope, undefined);
  return names.some((name) => matchesName(scope, name));
}
