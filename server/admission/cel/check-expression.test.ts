import { expect, test } from "vitest";
import type { ExpressionUse } from "../../registry/admissionregistration/expressions.ts";
import { checkExpression } from "./check-expression.ts";

const use = { hasParams: false, hasAuthorizer: true };
const undeclared = (name: string, source: string) =>
  `compilation failed: ERROR: <input>:1:1: undeclared reference to '${name}' (in container '')\n | ${source}\n | ^`;

test.each<[string, Partial<ExpressionUse>, string | undefined]>([
  ["object.spec.replicas > 1", { result: "bool" }, undefined],
  ["object.spec.paused", { result: "bool" }, "must evaluate to bool but got dyn"],
  ["[1]", { result: "string" }, "must evaluate to string but got list(int)"],
  ["1", { result: "stringOrNull" }, "must evaluate to one of [string null_type] but got int"],
  ["null", { result: "stringOrNull" }, undefined],
  ["params == null", { result: "bool" }, undeclared("params", "params == null")],
  ["params == null", { result: "bool", hasParams: true }, undefined],
  ["authorizer.requestResource.check('get').allowed()", { result: "bool" }, undefined],
  ["variables.a", { result: "string" }, undeclared("variables", "variables.a")],
  ["variables.a", { result: "string", variables: [{ name: "a", expression: "'x'" }] }, undefined],
  [
    "variables.b",
    {
      result: "bool",
      variables: [
        { name: "a", expression: "[1]" },
        { name: "b", expression: "variables.a" },
      ],
    },
    "must evaluate to bool but got list(int)",
  ],
  ["Object{spec: Object.spec{replicas: 1}}", { result: "Object" }, undefined],
  ["[JSONPatch{op: 'add', path: '/a', value: 1}]", { result: "JSONPatch" }, undefined],
  ["[]", { result: "JSONPatch" }, "must evaluate to list(JSONPatch) but got list(dyn)"],
  ["device.attributes['x.io'].model == 'a' && device.driver == 'd'", { result: "device selector" }, undefined],
  [
    "cel.bind(x, device.capacity['x.io'].m, x.isGreaterThan(quantity('1Gi')))",
    { result: "device selector" },
    undefined,
  ],
  ["device.driver", { result: "device selector" }, "must evaluate to bool or the unknown type, not string"],
])("%s with %j: %s", (source, more, error) => {
  expect(checkExpression(source, { ...use, result: "bool", ...more })).toBe(error);
});
