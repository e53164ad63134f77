import { expect, test } from "vitest";
import { schemaOf } from "../../openapi/types.ts";
import { fromUnstructured } from "./from-unstructured.ts";

const deployment = schemaOf("io.k8s.api.apps.v1.Deployment");

test.each([
  [{ spec: { template: { spec: { containers: "a" } } } }, "cannot restore slice from string"],
  [{ spec: "x" }, "cannot restore struct from: string"],
  [{ metadata: { labels: [] } }, "cannot restore map from slice"],
  [{ metadata: { labels: { a: 1 } } }, "cannot convert int64 to string"],
  [{ metadata: { name: true } }, "unrecognized type: string"],
  [{ spec: { replicas: "2" } }, "unrecognized type: int32"],
  [{ spec: { replicas: 2.5 } }, "cannot convert float64 to int32"],
  [{ spec: { paused: 1 } }, "unrecognized type: bool"],
  [{ metadata: { creationTimestamp: 1 } }, "json: cannot unmarshal number into Go value of type string"],
  [
    { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
    "json: cannot unmarshal bool into Go value of type int32",
  ],
])("%j is refused: %s", (value, message) => {
  expect(() => fromUnstructured(value, deployment)).toThrow(new Error(message));
});

test("unknown fields stay, nulls stay, a number too large loses its upper bits", () => {
  const value = { spec: { replicas: 2 ** 32 + 3, nonsense: 1, selector: null } };
  expect(fromUnstructured(value, deployment)).toEqual({ spec: { replicas: 3, nonsense: 1, selector: null } });
});
