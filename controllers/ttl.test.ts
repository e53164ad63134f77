import { expect, test } from "vitest";
import { listerOf } from "../client/index.ts";
import type { Node } from "../openapi/api/core.v1.ts";
import { reconcile } from "./ttl.ts";

const node = (index: number) => ({ metadata: { name: `n${index}` }, spec: {}, status: {} }) as Node;

test("the time to cache follows the number of nodes, with steps that overlap", () => {
  const memory = { step: 0 };
  const seen = [1, 100, 101, 95, 89, 501, 2001].map((count) => {
    const nodes = listerOf(Array.from({ length: count }, (_, i) => node(i)));
    const [action] = reconcile("n0", { nodes, memory });
    return action && "patch" in action ? JSON.stringify(action.patch).match(/"(\d+)"/)?.[1] : undefined;
  });
  expect(seen).toEqual(["0", "0", "15", "15", "0", "30", "300"]);
});
