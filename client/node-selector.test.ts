import { expect, test } from "vitest";
import type { Node, NodeSelectorTerm } from "../openapi/api/core.v1.ts";
import { nodeSelectorTermMatches, podWantsNode } from "./node-selector.ts";

const node = { metadata: { name: "n1", labels: { zone: "a", cores: "8", odd: "1.5" } } } as unknown as Node;
const expression = (key: string, operator: string, ...values: string[]): NodeSelectorTerm => ({
  matchExpressions: [{ key, operator, values }],
});

test.each<[string, NodeSelectorTerm, boolean]>([
  ["nothing in it", {}, false],
  ["a value of the list", expression("zone", "In", "a", "b"), true],
  ["a value not of the list", expression("zone", "NotIn", "a"), false],
  ["no such label, for NotIn", expression("rack", "NotIn", "a"), true],
  ["a label that is there", expression("zone", "Exists"), true],
  ["a label that is not there", expression("rack", "DoesNotExist"), true],
  ["a greater number", expression("cores", "Gt", "4"), true],
  ["a smaller number", expression("cores", "Lt", "4"), false],
  ["no whole number", expression("odd", "Gt", "1"), false],
  ["an operator that nobody knows", expression("zone", "Like", "a"), false],
  ["its name", { matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] }, true],
  ["another name", { matchFields: [{ key: "metadata.name", operator: "In", values: ["n2"] }] }, false],
])("a node and a term with %s", (_, term, expected) => {
  expect(nodeSelectorTermMatches(term, node)).toBe(expected);
});

test("a Pod wants a node by its selector and by its required affinity", () => {
  const affinity = (term: NodeSelectorTerm) => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  });
  expect(podWantsNode({ nodeSelector: { zone: "a" } }, node)).toBe(true);
  expect(podWantsNode({ nodeSelector: { zone: "b" } }, node)).toBe(false);
  expect(podWantsNode({ nodeSelector: { zone: "a" }, affinity: affinity(expression("cores", "Gt", "8")) }, node)).toBe(
    false,
  );
  expect(podWantsNode({ affinity: affinity(expression("cores", "Gt", "7")) }, node)).toBe(true);
});
