import { expect, test } from "vitest";
import { apiService } from "./api-service.ts";

// Validation reads nothing of the request.
const context = {} as never;
const spec = { group: "x.example.com", version: "v1", groupPriorityMinimum: 1, versionPriority: 1 };
const detail = 'must be `spec.version+"."+spec.group`: "v1.x.example.com"';

test.each<[object, string[]]>([
  [{ name: "v1.x.example.com" }, []],
  [{ name: "v1.x" }, [`metadata.name: Invalid value: "v1.x": ${detail}`]],
  [{ name: "v1.x.example.com", generateName: "v1." }, [`metadata.generateName: Invalid value: "v1.": ${detail}`]],
  // ObjectMeta's own rules tell these.
  [{ name: "" }, []],
  [{ name: "a/b" }, []],
])("an APIService's names %j", (metadata, expected) => {
  const errors = apiService.validate?.({ metadata, spec, status: {} }, context) ?? [];
  expect(errors.map((error) => error.message())).toEqual(expected);
});

test("conditions of a status are true, false or unknown", () => {
  const of = (status: string) => ({ metadata: {}, spec, status: { conditions: [{ type: "T", status }] } }) as never;
  const check = (status: string) => apiService.subresources?.status?.validateUpdate?.(of(status), of(""), context);
  expect(check("True")).toEqual([]);
  expect(check("Bad")?.map((error) => error.message())).toEqual([
    'status.conditions[0].status: Unsupported value: "Bad": supported values: "True", "False", "Unknown"',
  ]);
});
