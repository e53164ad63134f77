import type { Pod } from "../../openapi/api/core.v1.ts";

/** What others say of a Pod's readiness gates. */
export const gatesOf = ({ spec, status }: Pod): string =>
  (spec.readinessGates ?? [])
    .map(({ conditionType }) => status?.conditions?.find(({ type }) => type === conditionType)?.status)
    .join();
