import { expect, test } from "vitest";
import type { CustomResourceDefinition } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import type { RequestContext } from "../kind.ts";
import { customResourceDefinition } from "./custom-resource-definition.ts";

// Validation of definitions reads nothing of a request.
const context = {} as RequestContext;

function validated(versions: readonly [name: string, storage: boolean][], storedVersions: readonly string[]) {
  const definition = {
    metadata: { name: "widgets.demo.example.com" },
    spec: {
      group: "demo.example.com",
      scope: "Namespaced",
      names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
      conversion: { strategy: "None" },
      versions: versions.map(([name, storage]) => ({
        name,
        served: true,
        storage,
        schema: { openAPIV3Schema: { type: "object" } },
      })),
    },
    status: { acceptedNames: { plural: "widgets", kind: "Widget" }, storedVersions },
  } as unknown as CustomResourceDefinition; // as decoded and defaulted
  const errors = customResourceDefinition.validateUpdate?.(definition, definition, context) ?? [];
  return errors
    .map((error) => error.message())
    .filter((message) => message.startsWith("status."))
    .map((message) => message.replace(/;.*/, ""));
}

test.each<[[string, boolean][], string[], string[]]>([
  [[["v1", true]], ["v1"], []],
  [[["v1", true]], [], ["status.storedVersions: Invalid value: []: must have at least one stored version"]],
  [
    [
      ["v1alpha", false],
      ["v1", true],
    ],
    ["v1alpha", "v1"],
    [],
  ],
  [
    [
      ["v1beta1", false],
      ["v1", true],
    ],
    ["v1alpha", "v1beta1", "v1"],
    ['status.storedVersions[0]: Invalid value: "v1alpha": missing from spec.versions'],
  ],
  [
    [
      ["v1alpha", false],
      ["v1", true],
    ],
    ["v1alpha"],
    ['status.storedVersions: Invalid value: ["v1alpha"]: must have the storage version v1'],
  ],
  [
    [
      ["v1", true],
      ["v1", true],
    ],
    ["v1"],
    ['status.storedVersions: Invalid value: ["v1"]: must have the storage version v1'],
  ],
  [[["v1", true]], ["v1", "x", "x"], ['status.storedVersions[2]: Invalid value: "x": missing from spec.versions']],
])("versions %j that were stored in %j: %j", (versions, stored, messages) => {
  expect(validated(versions, stored)).toEqual(messages);
});

test("an update to another storage version leaves the object alone that it is compared with", () => {
  const spec = (storage: string) => ({ versions: ["v1", "v2"].map((name) => ({ name, storage: name === storage })) });
  const old = { metadata: {}, spec: spec("v1"), status: { storedVersions: ["v1"] } };
  const object = { metadata: {}, spec: spec("v2") };
  customResourceDefinition.prepareForUpdate?.(object as never, old as never, context); // all that is read of them
  expect([object, old]).toMatchObject([
    { status: { storedVersions: ["v1", "v2"] } },
    { status: { storedVersions: ["v1"] } },
  ]);
});
