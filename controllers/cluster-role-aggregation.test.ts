import { expect, test } from "vitest";
import { listerOf } from "../client/index.ts";
import { reconcile } from "./cluster-role-aggregation.ts";

const rule = (verb: string) => ({ verbs: [verb], apiGroups: [""], resources: ["pods"] });
const role = (name: string, labels: Record<string, string>, verbs: string[], selects?: Record<string, string>) => ({
  metadata: { name, labels },
  rules: verbs.map(rule),
  ...(selects && { aggregationRule: { clusterRoleSelectors: [{ matchLabels: selects }] } }),
});

test.each([
  { has: ["get"], parts: [["list"], ["list", "watch"]], wanted: ["list", "watch"] },
  { has: ["list", "watch"], parts: [["list"], ["list", "watch"]], wanted: undefined },
  { has: ["get"], parts: [], wanted: [] },
])("a role with $has becomes $wanted of its parts $parts", ({ has, parts, wanted }) => {
  const roles = listerOf([
    role("all", { to: "all" }, has, { to: "all" }),
    ...parts.map((verbs, index) => role(`part-${index}`, { to: "all" }, verbs)),
    role("other", {}, ["delete"]),
  ]);
  const [action] = reconcile("all", { roles });
  expect(action && "patch" in action ? action.patch : undefined).toEqual(
    wanted && expect.objectContaining({ rules: wanted.map(rule) }),
  );
});
