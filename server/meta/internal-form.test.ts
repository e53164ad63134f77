import { expect, test } from "vitest";
import { immutable, internalDiff, internalForm } from "./internal-form.ts";

test("an object has all of Go's fields in Go's order, by Go's names", () => {
  expect(JSON.stringify(internalForm("ObjectReference", { kind: "Pod", name: "p", namespace: "ns" }))).toBe(
    '{"Kind":"Pod","Namespace":"ns","Name":"p","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}',
  );
  expect(internalForm("?ObjectReference", undefined)).toBe(null);
});

test("what is embedded stands among the fields, and hosts' namespaces in the security context", () => {
  const template = {
    metadata: { labels: { b: "1", a: "2" } },
    spec: {
      hostNetwork: true,
      containers: [{ name: "c", resources: { limits: { cpu: "1" } } }],
      volumes: [{ name: "v", emptyDir: {} }],
    },
  };
  const form = internalForm("PodTemplateSpec", template);
  expect(JSON.stringify(form)).toMatch(/^\{"labels":\{"a":"2","b":"1"\},"Spec":\{"Volumes":\[/);
  expect(form).toMatchObject({
    labels: { a: "2", b: "1" },
    Spec: {
      SecurityContext: { HostNetwork: true, HostPID: false, SELinuxOptions: null },
      Containers: [{ Name: "c", Ports: null, Resources: { Limits: { cpu: "1" }, Requests: null, Claims: null } }],
      Volumes: [{ Name: "v", HostPath: null, EmptyDir: { Medium: "", SizeLimit: null } }],
      NodeSelector: null,
      Priority: null,
    },
  });
});

test("two specs differ in a few lines, letters of HTML quoted", () => {
  const spec = (image: string) => ({ containers: [{ name: "c", image: "i", command: [image] }] });
  expect(internalDiff("PodSpec", spec("<a>"), spec("b"))).toBe(
    [
      "@@ -6,7 +6,7 @@",
      '    "Name": "c",',
      '    "Image": "i",',
      '    "Command": [',
      '-    "\\u003ca\\u003e"',
      '+    "b"',
      "    ],",
      '    "Args": null,',
      '    "WorkingDir": "",',
      "",
    ].join("\n"),
  );
});

test("an object that may not change is shown so", () => {
  const driver = (nodeID: string) => ({ name: "d", nodeID, topologyKeys: ["x"] });
  expect(immutable("storage.CSINodeDriver", [driver("n"), driver("n")], "spec.drivers")).toEqual([]);
  const [error] = immutable("storage.CSINodeDriver", [driver("m"), driver("n")], "spec.drivers");
  expect(error?.message()).toBe(
    'spec.drivers: Invalid value: {"Name":"d","NodeID":"m","TopologyKeys":["x"],"Allocatable":null}: field is immutable',
  );
});

test.each([
  {
    name: "absent members print the zero of their Go type",
    type: "Taint",
    value: { key: "a", effect: "NoSchedule" },
    form: { Key: "a", Value: "", Effect: "NoSchedule", TimeAdded: null },
  },
  {
    name: "lists print each element",
    type: "batch.PodFailurePolicy",
    value: { rules: [{ action: "Count", onExitCodes: { operator: "In", values: [1] } }] },
    form: {
      Rules: [
        { Action: "Count", OnExitCodes: { ContainerName: null, Operator: "In", Values: [1] }, OnPodConditions: null },
      ],
    },
  },
  {
    name: "numbers that are no pointers print 0",
    type: "apps.StatefulSetUpdateStrategy",
    value: { type: "OnDelete", rollingUpdate: {} },
    form: { Type: "OnDelete", RollingUpdate: { Partition: 0, MaxUnavailable: null } },
  },
  {
    name: "a boolean where a schema may stand",
    type: "apiextensions.JSONSchemaPropsOrBool",
    value: false,
    form: { Allows: false, Schema: null },
  },
  {
    name: "a list of schemas where one may stand",
    type: "apiextensions.JSONSchemaPropsOrArray",
    value: [],
    form: { Schema: null, JSONSchemas: [] },
  },
])("$name", ({ type, value, form }) => {
  expect(internalForm(type, value)).toEqual(form);
});

test("metadata of a template stands in Go's order, whatever order it was written in", () => {
  const metadata = { annotations: { k: "v" }, labels: { a: "b" }, generation: 3 };
  const form = internalForm("PodTemplateSpec", { metadata, spec: {} }) as object;
  expect(Object.keys(form)).toEqual(["generation", "labels", "annotations", "Spec"]);
});

test("rules of flow schemas name the kinds of subjects they are not", () => {
  const rules = [{ subjects: [{ kind: "Group", group: { name: "g" } }] }];
  expect(internalForm("flowcontrol.FlowSchemaSpec", { matchingPrecedence: 9, rules })).toMatchObject({
    PriorityLevelConfiguration: { Name: "" },
    DistinguisherMethod: null,
    Rules: [{ Subjects: [{ Kind: "Group", User: null, Group: { Name: "g" }, ServiceAccount: null }] }],
  });
});

test("properties of a schema are a map of schemas, in order of their names", () => {
  const schema = { type: "object", properties: { b: {}, a: { "x-kubernetes-int-or-string": true } } };
  const form = internalForm("apiextensions.JSONSchemaProps", schema) as { Properties: object };
  expect(Object.keys(form.Properties)).toEqual(["a", "b"]);
  expect(form).toMatchObject({ Type: "object", Properties: { a: { Type: "", XIntOrString: true, Items: null } } });
});

test.each([
  ["x", '"x"'],
  [[1], "[1]"],
  [{ b: 1, a: 2 }, '{"b":1,"a":2}'],
  [undefined, "null"],
])("parameters of a driver, which are %j, are shown as they came", (parameters, shown) => {
  expect(JSON.stringify(internalForm("resource.OpaqueDeviceConfiguration", { driver: "d", parameters }))).toBe(
    `{"Driver":"d","Parameters":${shown}}`,
  );
});

test("a selector has its fields in Go's order", () => {
  const selector = { matchExpressions: [{ values: ["b"], operator: "", key: "a" }] };
  expect(JSON.stringify(internalForm("?json", selector))).toBe(
    '{"matchExpressions":[{"key":"a","operator":"","values":["b"]}]}',
  );
});
