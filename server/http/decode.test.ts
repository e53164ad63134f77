import { expect, test } from "vitest";
import type { FieldValidation } from "../../openapi/decode.ts";
import { schemaForKind } from "../../openapi/types.ts";
import { decodeBody } from "./decode.ts";

const kind = "HorizontalPodAutoscaler";
const expected = {
  group: "autoscaling",
  version: "v1",
  kind,
  schema: schemaForKind("autoscaling", "v1", kind)!,
  custom: false,
};
const read = (spec: object, validation: FieldValidation) => {
  const warnings: string[] = [];
  const bytes = Buffer.from(JSON.stringify({ apiVersion: "autoscaling/v2", kind, spec }));
  const attempt = () => decodeBody(bytes, "json", expected, validation, (text) => warnings.push(text));
  return { attempt, warnings };
};
const MISMATCH =
  "the API version in the data (autoscaling/v2) does not match the expected API version (autoscaling/v1)";

test.each<[FieldValidation, string, string[]]>([
  ["Warn", MISMATCH, ['unknown field "spec.mystery"']],
  ["Ignore", MISMATCH, []],
  [
    "Strict",
    `${kind} in version "v2" cannot be handled as a ${kind}: strict decoding error: unknown field "spec.mystery"`,
    [],
  ],
])("a body of another version is judged by its own fields first: %s", (validation, message, told) => {
  // `metrics` is a field of v2 alone, and `targetCPUUtilizationPercentage` of v1.
  const { attempt, warnings } = read({ maxReplicas: 3, metrics: [], mystery: 1 }, validation);
  expect(attempt).toThrow(message);
  expect(warnings).toEqual(told);
});
