import { expect, test } from "vitest";
import { kindsOfRules } from "./kinds.ts";

const served = [
  { group: "", version: "v1", resource: "pods", singular: "pod", kind: "Pod" },
  { group: "", version: "v1", resource: "events", singular: "event", kind: "Event" },
  { group: "events.k8s.io", version: "v1", resource: "events", singular: "event", kind: "Event" },
  { group: "apps", version: "v1", resource: "deployments", singular: "deployment", kind: "Deployment" },
  { group: "apps", version: "v1", resource: "statefulsets", singular: "statefulset", kind: "StatefulSet" },
];
const rule = (apiGroups: string[], apiVersions: string[], resources: string[]) => ({
  apiGroups,
  apiVersions,
  resources,
  operations: ["CREATE"],
});

test.each([
  [
    [rule(["apps"], ["v1"], ["statefulsets", "deployments", "deployments/scale"])],
    ["apps/Deployment", "apps/StatefulSet"],
  ],
  // No group asks for any group.
  [[rule([""], ["v1"], ["events", "Pod"])], ["/Event", "/Pod", "events.k8s.io/Event"]],
  [[rule(["apps"], ["v2"], ["deployments"])], []],
  [[rule(["apps", "*"], ["v1"], ["deployments"]), rule([""], ["v1"], ["pods"])], ["/Pod"]],
  [[rule(["apps"], ["v1"], ["*"])], []],
  [[], []],
])("rules %j are about %j", (rules, expected) => {
  expect(kindsOfRules(rules, served).map(({ group, kind }) => `${group}/${kind}`)).toEqual(expected);
});

test("ten kinds of a rule are enough", () => {
  const many = Array.from({ length: 20 }, (_, i) => ({
    group: "g",
    version: "v1",
    resource: `r${i}`,
    singular: "",
    kind: `K${i}`,
  }));
  const resources = many.map(({ resource }) => resource);
  expect(kindsOfRules([rule(["g"], ["v1"], resources)], many)).toHaveLength(10);
});
