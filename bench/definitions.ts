const text = (maxLength: number) => ({ type: "string", maxLength });

/** A group of fields such as operators have dozens of: with docs, lists, maps, formats, defaults and a rule. */
const section = () => ({
  type: "object",
  description: "Says how this part of the thing is meant to be, at the length at which such texts are written. ".repeat(
    3,
  ),
  properties: {
    name: { ...text(63), pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" },
    replicas: { type: "integer", format: "int32", minimum: 0, default: 1 },
    mode: { type: "string", enum: ["Auto", "Manual", "Off"] },
    labels: { type: "object", additionalProperties: text(63), maxProperties: 20 },
    port: { "x-kubernetes-int-or-string": true },
    conditions: {
      type: "array",
      maxItems: 20,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
      items: {
        type: "object",
        required: ["type"],
        properties: { type: text(30), status: text(10), message: { type: "string" } },
      },
    },
  },
  "x-kubernetes-validations": [
    { rule: "!has(self.name) || self.mode != 'Off' || self.replicas == 0", message: "what is off has no replicas" },
  ],
});

/** One of many definitions, about 50 KB each, as those of operators are. */
export function definition(n: number): object {
  const properties = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`part${index}`, section()]));
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `things${n}.bench.example.com` },
    spec: {
      group: "bench.example.com",
      scope: "Namespaced",
      names: { plural: `things${n}`, kind: `Thing${n}` },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } } },
        },
      ],
    },
  };
}

export const thing = (n: number, name: string) => ({
  apiVersion: "bench.example.com/v1",
  kind: `Thing${n}`,
  metadata: { name },
  spec: { part0: { name, mode: "Auto", labels: { a: "b" } }, part1: { mode: "Manual", port: 80 } },
});
