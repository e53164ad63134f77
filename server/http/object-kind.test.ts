import { expect, test } from "vitest";
import { schemaForKind } from "../../openapi/types.ts";
import { kindProblem } from "./object-kind.ts";

const scale = {
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  schema: schemaForKind("autoscaling", "v1", "Scale")!,
  custom: false,
};

test.each([
  ["autoscaling/v1", { selector: "a=b" }, undefined],
  ["apps/v1beta1", {}, undefined],
  [
    "apps/v1beta2",
    { selector: "a=b" },
    "json: cannot unmarshal string into Go struct field ScaleStatus.status.selector of type map[string]string",
  ],
  ["apps/v1", {}, 'no kind "Scale" is registered for version "apps/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"'],
])("a Scale patched to be of %s with the status %j is told: %s", (apiVersion, status, problem) => {
  expect(kindProblem({ apiVersion, kind: "Scale", status }, scale)).toBe(problem);
});
