import { expect, test } from "vitest";
import type { CustomResourceDefinition } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { coerce } from "../../../openapi/decode.ts";
import { schemaForKind } from "../../../openapi/types.ts";
import { customResourceDefinition } from "./custom-resource-definition.ts";
import { validateDefinition } from "./definition-validation.ts";

const KIND = schemaForKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")!;

/** As it comes from a client: decoded, defaulted and prepared. */
function definition(schema: object, spec: object = {}, metadata: object = {}): CustomResourceDefinition {
  const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } };
  const sent = {
    metadata: { name: "widgets.example.com", ...metadata },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget" },
      versions: [version],
      ...spec,
    },
  };
  const { value } = coerce<CustomResourceDefinition>(sent, KIND, "Ignore");
  customResourceDefinition.defaults?.(value);
  customResourceDefinition.prepareForCreate?.(value, {} as never); // it reads nothing of the request
  return value;
}

const problems = (...args: Parameters<typeof definition>) =>
  validateDefinition(definition(...args)).map((error) =>
    error.message().replace("spec.validation.openAPIV3Schema", "schema"),
  );
const withField = (schema: object) => ({ type: "object", properties: { a: schema } });

test.each<[string, object, string[]]>([
  ["nothing wrong", withField({ type: "string" }), []],
  [
    "definitions, whose own faults are told too",
    { type: "object", definitions: { a: { type: "date", $ref: "x" } } },
    [
      "schema.definitions: Forbidden: definitions is not supported",
      'schema.definitions[a].type: Unsupported value: "date": supported values: "array", "boolean", "integer", "number", "object", "string"',
      "schema.definitions[a].$ref: Forbidden: $ref is not supported",
    ],
  ],
  [
    "dependencies",
    withField({ type: "object", dependencies: { b: { type: "string", uniqueItems: true }, c: ["d"] } }),
    [
      "schema.properties[a].dependencies: Forbidden: dependencies is not supported",
      "schema.properties[a].dependencies[b].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
    ],
  ],
  [
    "dependencies that are empty",
    { type: "object", dependencies: {} },
    ["schema.dependencies: Forbidden: dependencies is not supported"],
  ],
  [
    "an empty list type in logic",
    { type: "object", not: { "x-kubernetes-list-type": "" } },
    [
      "schema.not.x-kubernetes-list-type: Forbidden: must be undefined to be structural",
      "schema.not.type: Required value: must be array if x-kubernetes-list-type is specified",
      'schema.not.x-kubernetes-list-type: Unsupported value: "": supported values: "atomic", "set", "map"',
    ],
  ],
  [
    "a reference that is empty, beside a type in logic",
    { type: "object", anyOf: [{ type: "string", $ref: "" }] },
    [
      "schema.anyOf[0].type: Forbidden: must be empty to be structural",
      "schema.anyOf[0].$ref: Forbidden: $ref is not supported",
    ],
  ],
  [
    "unknown fields not kept, beside a type in logic",
    { type: "object", anyOf: [{ type: "string", "x-kubernetes-preserve-unknown-fields": false }] },
    ["schema.anyOf[0].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined"],
  ],
  [
    "a schema of its own",
    { type: "object", $schema: "x" },
    [`schema: Invalid value: "": OpenAPIV3Schema 'schema' is not supported`],
  ],
])("a schema with %s", (_, schema, expected) => {
  expect(problems(schema)).toEqual(expected);
});

test("a name that is made up cannot be right", () => {
  expect(problems({ type: "object" }, {}, { generateName: "w-" })).toEqual([
    'metadata.generateName: Invalid value: "w-": must be spec.names.plural+"."+spec.group',
  ]);
});

test("a conversion webhook that says nothing is not kept", () => {
  const { spec } = definition({ type: "object" }, { conversion: { strategy: "None", webhook: {} } });
  expect(spec.conversion).toEqual({ strategy: "None" });
});

test("beside the status subresource a root that may be null is refused twice", () => {
  const version = { name: "v1", served: true, storage: true, subresources: { status: {} } };
  const schema = { openAPIV3Schema: { type: "object", nullable: true } };
  const found = problems({}, { versions: [{ ...version, schema }] });
  expect(found).toEqual([
    expect.stringMatching(
      /^schema: Invalid value: .*: only \[Description .* XValidations\] fields are allowed at the root/,
    ),
    "schema.nullable: Forbidden: nullable cannot be true at the root",
  ]);
});

test.each<[object, boolean]>([
  [{ enum: [] }, true],
  [{ definitions: {} }, true],
  [{ required: [], properties: {} }, false],
  [{ format: "" }, false],
])("beside the status subresource a root that has %j is refused: %s", (more, refused) => {
  const version = { name: "v1", served: true, storage: true, subresources: { status: {} } };
  const found = problems({}, { versions: [{ ...version, schema: { openAPIV3Schema: { type: "object", ...more } } }] });
  expect(found).toEqual(
    refused ? [expect.stringMatching(/^schema: Invalid value: .* fields are allowed at the root/)] : [],
  );
});

test("versions whose schemas differ by an empty map have the same schema", () => {
  const version = (name: string, more: object) => ({
    name,
    served: true,
    storage: name === "v1",
    schema: { openAPIV3Schema: { type: "object", ...more } },
  });
  const found = problems({}, { versions: [version("v1", { dependencies: {} }), version("v2", {})] });
  expect(found).toEqual(["schema.dependencies: Forbidden: dependencies is not supported"]);
});
