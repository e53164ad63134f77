import type { ResourceClaim } from "../../../../openapi/api/resource.k8s.io.v1.ts";
import { addQuantities, compareQuantities, type Quantity, quantityOf } from "../../../meta/quantity.ts";
import { countName, type Evaluator, ONE } from "./evaluator.ts";

const COUNT = countName("resource.k8s.io", "resourceclaims");
const BY_CLASS = ".deviceclass.resource.k8s.io/devices";
/** Devices that one claim can get at the most: what "All" counts as. */
const MAX_DEVICES = 32;

interface DeviceRequest {
  readonly deviceClassName?: string;
  readonly allocationMode?: string;
  readonly count?: number;
}

/** Devices by class. Extended resources that stand for classes are not counted. (pkg/quota/v1/evaluator/core/resource_claims.go) */
export const resourceClaimEvaluator: Evaluator<ResourceClaim> = {
  handles: ({ subresource, operation }) => subresource === "" && (operation === "CREATE" || operation === "UPDATE"),
  matches: (name) => name === COUNT || name.endsWith(BY_CLASS),
  usage({ spec }) {
    const usage = new Map<string, Quantity>([[COUNT, ONE]]);
    const add = (name: string, quantity: Quantity) => {
      const other = usage.get(name);
      usage.set(name, other ? addQuantities(other, quantity) : quantity);
    };
    for (const { exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
      // Only one of the alternatives is given: of each class the largest counts.
      if (firstAvailable.length > 0) for (const [name, quantity] of largest(firstAvailable)) add(name, quantity);
      else if (exactly) add(`${exactly.deviceClassName}${BY_CLASS}`, devices(exactly));
    }
    return usage;
  },
};

function largest(requests: readonly DeviceRequest[]): Map<string, Quantity> {
  const result = new Map<string, Quantity>();
  for (const request of requests) {
    const name = `${request.deviceClassName}${BY_CLASS}`;
    const [quantity, other] = [devices(request), result.get(name)];
    if (!other || compareQuantities(quantity, other) > 0) result.set(name, quantity);
  }
  return result;
}

function devices({ allocationMode, count = 0 }: DeviceRequest): Quantity {
  if (allocationMode === "All") return quantityOf(MAX_DEVICES);
  return quantityOf(allocationMode === "ExactCount" ? count : 0);
}
