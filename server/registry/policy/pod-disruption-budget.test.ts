import { expect, test } from "vitest";
import { podDisruptionBudget } from "./pod-disruption-budget.ts";

test.each<[object | undefined, string]>([
  [undefined, "null"],
  [{}, "{}"],
  [
    { matchExpressions: [{ values: ["b"], operator: "In", key: "a" }], matchLabels: { z: "1", b: "2" } },
    '{"matchLabels":{"b":"2","z":"1"},"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}',
  ],
])("a budget with both amounts and the selector %j is shown with %s", (selector, shown) => {
  const spec = { minAvailable: 1, maxUnavailable: "50%", ...(selector && { selector }) };
  // Validation reads nothing of the request.
  const errors = podDisruptionBudget.validate?.({ metadata: {}, spec, status: {} } as never, {} as never) ?? [];
  expect(errors.map((error) => error.message())).toEqual([
    `spec: Invalid value: {"MinAvailable":1,"Selector":${shown},"MaxUnavailable":"50%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set`,
  ]);
});
