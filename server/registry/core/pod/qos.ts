import type { PodSpec } from "../../../../openapi/api/core.v1.ts";
import { getMember } from "../../../meta/members.ts";
import { parseQuantity, quantitySign } from "../../../meta/quantity.ts";
import { addResources, compareAmounts, type ResourceList } from "./resource-lists.ts";

const COMPUTE = ["cpu", "memory"];

function compute(list: Readonly<ResourceList> | undefined): ResourceList {
  const entries = Object.entries(list ?? {});
  return Object.fromEntries(
    entries.filter(([name, amount]) => COMPUTE.includes(name) && quantitySign(parseQuantity(amount)) > 0),
  );
}

/** Guaranteed, Burstable or BestEffort. Follows ComputePodQOS of pkg/apis/core/helper/qos. */
export function qosClass(spec: PodSpec): "Guaranteed" | "Burstable" | "BestEffort" {
  const requests: ResourceList = {};
  const limits: ResourceList = {};
  let limited = true;
  const whole = spec.resources;
  const parts = whole
    ? [whole]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((container) => container.resources ?? {});
  for (const part of parts) {
    const bounds = compute(part.limits);
    addResources(requests, compute(part.requests));
    addResources(limits, bounds);
    const unlimited = COMPUTE.some((name) => bounds[name] === undefined);
    // Without any limit at the level of the Pod upstream does not look for missing ones.
    if (unlimited && !(whole && Object.keys(part.limits ?? {}).length === 0)) limited = false;
  }
  const asked = Object.keys(requests);
  const bounded = Object.keys(limits);
  if (asked.length === 0 && bounded.length === 0) return "BestEffort";
  const equal = asked.every((name) => {
    const limit = getMember(limits, name);
    return limit !== undefined && compareAmounts(limit, requests[name] ?? "0") === 0;
  });
  return limited && equal && asked.length === bounded.length ? "Guaranteed" : "Burstable";
}
