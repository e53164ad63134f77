import { quantity } from "../client/index.ts";
import type { Container, Pod } from "../openapi/api/core.v1.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

type Amounts = Readonly<Record<string, string>> | undefined;
/** Others do not count. */
const COUNTED = ["cpu", "memory"];

function positive(amounts: Amounts): [string, number][] {
  return COUNTED.flatMap((name): [string, number][] => {
    const value = quantity(amounts?.[name] ?? "0");
    return value > 0 ? [[name, value]] : [];
  });
}

/**
 * As the API server decided when the Pod was created, which never changes; a Pod from a file has only its spec to go by.
 * (pkg/apis/core/v1/helper/qos ComputePodQOS)
 */
export function qosClassOf({ spec, status }: Pod): QosClass {
  const known = status?.qosClass;
  if (known === "Guaranteed" || known === "Burstable" || known === "BestEffort") return known;
  const all: readonly Pick<Container, "resources">[] = spec.resources
    ? [{ resources: spec.resources }]
    : [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const sums = (list: "requests" | "limits") => {
    const found = new Map<string, number>();
    for (const { resources } of all) {
      // What is limited and not asked for is asked for up to its limit, as the API server writes it.
      const amounts = list === "requests" ? { ...resources?.limits, ...resources?.requests } : resources?.limits;
      for (const [name, value] of positive(amounts)) found.set(name, (found.get(name) ?? 0) + value);
    }
    return found;
  };
  const [requests, limits] = [sums("requests"), sums("limits")];
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  const eachHasBoth = all.every(({ resources }) => positive(resources?.limits).length === COUNTED.length);
  const areEqual = [...requests].every(([name, value]) => limits.get(name) === value);
  return eachHasBoth && areEqual && requests.size === limits.size ? "Guaranteed" : "Burstable";
}
