import { expect, test } from "vitest";
import { encodeJson } from "../../../openapi/encode.ts";
import { schemaOf } from "../../../openapi/types.ts";
import { lastState } from "./last-state.ts";

const stored = (metadata: object) =>
  Buffer.from(
    encodeJson(
      { involvedObject: { resourceVersion: "7" }, metadata, kind: "Event", apiVersion: "v1" },
      schemaOf("io.k8s.api.core.v1.Event"),
    ),
  );

test.each([
  { of: "digits of another length", deleted: 1234 },
  { of: "the same length", deleted: 8 },
])("the last state differs in its own revision alone, with $of", ({ deleted }) => {
  const object = {
    name: `"resourceVersion":"7"`,
    uid: "u",
    resourceVersion: "7",
    labels: { resourceVersion: "7" },
    annotations: { resourceVersion: "7" },
  };
  const expected = JSON.parse(stored(object).toString());
  expected.metadata.resourceVersion = String(deleted);
  expect(JSON.parse(Buffer.from(lastState(stored(object), 7, deleted)).toString())).toEqual(expected);
});

test("bytes that were not stored at that revision are refused", () => {
  expect(() => lastState(stored({ name: "x", resourceVersion: "8" }), 6, 9)).toThrow("stored without its revision 6");
});
