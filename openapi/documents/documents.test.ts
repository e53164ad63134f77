import { expect, test } from "vitest";
import { wholeDocument } from "../openapi-v2.ts";
import { groupVersionDocument } from "../openapi-v3.ts";
import { finish } from "../steps.ts";
import type { ApiResource, JsonSchema } from "./api-resource.ts";
import { encodeVersion2, encodeVersion3 } from "./gnostic/encode.ts";
import { documentJson } from "./json.ts";

const ALL = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const deployments: ApiResource = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  listKind: "DeploymentList",
  plural: "deployments",
  namespaced: true,
  verbs: ALL,
  subresources: [
    { name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: ["get", "patch", "update"] },
    { name: "status", group: "apps", version: "v1", kind: "Deployment", verbs: ["get", "patch", "update"] },
  ],
  returnsDeletedObject: false,
};
const spec = {
  type: "object",
  required: ["maybe", "size"],
  properties: {
    size: { type: "integer", default: 1, oneOf: [{ minimum: 1 }] },
    maybe: { type: "string", nullable: true },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: { a: { type: "string" } } },
    part: { type: "object", "x-kubernetes-embedded-resource": true },
  },
};
const widgets: ApiResource = {
  ...deployments,
  group: "example.com",
  kind: "Widget",
  listKind: "WidgetList",
  plural: "widgets",
  subresources: [],
  custom: { schema: { type: "object", properties: { spec } } },
};

/** A part of a document by its keys. */
function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], value);
}

test("operations are named and described as upstream does", () => {
  const { paths } = groupVersionDocument([deployments], "1.36");
  expect(Object.keys(paths)).toHaveLength(9);
  const ids = Object.values(paths).flatMap((path) =>
    Object.values(path).flatMap((operation) => at(operation, "operationId") ?? []),
  );
  expect(ids.sort()).toEqual(
    [
      "getAppsV1APIResources listAppsV1DeploymentForAllNamespaces listAppsV1NamespacedDeployment",
      "createAppsV1NamespacedDeployment deleteAppsV1CollectionNamespacedDeployment readAppsV1NamespacedDeployment",
      "replaceAppsV1NamespacedDeployment patchAppsV1NamespacedDeployment deleteAppsV1NamespacedDeployment",
      "watchAppsV1DeploymentListForAllNamespaces watchAppsV1NamespacedDeploymentList watchAppsV1NamespacedDeployment",
      "readAppsV1NamespacedDeploymentScale replaceAppsV1NamespacedDeploymentScale patchAppsV1NamespacedDeploymentScale",
      "readAppsV1NamespacedDeploymentStatus replaceAppsV1NamespacedDeploymentStatus patchAppsV1NamespacedDeploymentStatus",
    ]
      .join(" ")
      .split(" ")
      .sort(),
  );
  const scale = at(paths, "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale");
  expect(at(scale, "put", "x-kubernetes-group-version-kind")).toEqual({
    group: "autoscaling",
    kind: "Scale",
    version: "v1",
  });
  expect((at(scale, "parameters") as { name: string }[]).map(({ name }) => name)).toEqual([
    "name",
    "namespace",
    "pretty",
  ]);
});

test("every reference of a document leads somewhere", () => {
  const check = (document: unknown, definitions: unknown, prefix: string) => {
    const refs = new Set(JSON.stringify(document).match(new RegExp(`(?<="\\$ref":"${prefix})[^"]+`, "g")));
    expect(refs.size).toBeGreaterThan(100);
    expect([...refs].filter((name) => !Object.hasOwn(definitions as object, name))).toEqual([]);
  };
  const v3 = groupVersionDocument([deployments], "1.36");
  check(v3, v3.components.schemas, "#/components/schemas/");
  const v2 = wholeDocument([deployments, widgets], "1.36");
  check(v2, v2.definitions, "#/definitions/");
});

test("types carry what clients merge and apply by", () => {
  const { components } = groupVersionDocument([deployments], "1.36");
  const schemas = components.schemas as Record<string, JsonSchema>;
  expect(at(schemas, "io.k8s.api.core.v1.PodSpec", "properties", "containers")).toMatchObject({
    type: "array",
    items: { $ref: "#/components/schemas/io.k8s.api.core.v1.Container" },
    "x-kubernetes-list-map-keys": ["name"],
    "x-kubernetes-list-type": "map",
    "x-kubernetes-patch-merge-key": "name",
    "x-kubernetes-patch-strategy": "merge",
  });
  expect(at(schemas, "io.k8s.apimachinery.pkg.api.resource.Quantity", "oneOf")).toEqual([
    { type: "string" },
    { type: "number" },
  ]);
  expect(at(schemas, "io.k8s.api.apps.v1.DeploymentSpec", "required")).toEqual(["selector", "template"]);
});

test("a custom resource has its schema and what every object has", () => {
  const v3 = groupVersionDocument([widgets], "1.36");
  const schema = at(v3.components, "schemas", "com.example.v1.Widget");
  expect(Object.keys(at(schema, "properties") as object).sort()).toEqual(["apiVersion", "kind", "metadata", "spec"]);
  expect(at(schema, "x-kubernetes-group-version-kind")).toEqual([
    { group: "example.com", kind: "Widget", version: "v1" },
  ]);
  expect(at(schema, "properties", "spec", "properties", "part", "required")).toEqual(["kind", "apiVersion"]);
  expect(at(schema, "properties", "spec", "required")).toEqual(["maybe", "size"]);
  const post = at(v3.paths, "/apis/example.com/v1/namespaces/{namespace}/widgets", "post");
  expect(at(post, "operationId")).toBe("createExampleComV1NamespacedWidget");
});

test("version 2 leaves out what its clients cannot read", () => {
  const { definitions } = wholeDocument([widgets], "1.36");
  const printed = at(definitions, "com.example.v1.Widget", "properties", "spec");
  expect(at(printed, "required")).toEqual(["size"]);
  expect(at(printed, "properties", "size")).toEqual({ type: "integer" });
  expect(at(printed, "properties", "maybe")).toEqual({});
  expect(at(printed, "properties", "free")).toEqual({ "x-kubernetes-preserve-unknown-fields": true });
});

test("the protobuf forms begin as clients expect", () => {
  const v2 = Buffer.from(finish(encodeVersion2(wholeDocument([deployments], "1.36"))));
  expect(v2.subarray(0, 5).toString("latin1")).toBe("\x0a\x032.0");
  const v3 = Buffer.from(finish(encodeVersion3(groupVersionDocument([deployments], "1.36"))));
  expect(v3.subarray(0, 7).toString("latin1")).toBe("\x0a\x053.0.0");
});

test("fields of enumerated types list their values, also inside lists; objects have texts of their own", () => {
  const { components } = groupVersionDocument([deployments], "1.36");
  const field = (type: string, name: string): unknown => at(components, "schemas", type, "properties", name);
  expect(field("io.k8s.api.core.v1.PodSpec", "restartPolicy")).toMatchObject({
    type: "string",
    enum: ["Always", "Never", "OnFailure"],
    description: expect.stringMatching(/\n\nPossible enum values:\n - `"Always"`\n - `"Never"`\n - `"OnFailure"`$/),
  });
  expect(field("io.k8s.api.core.v1.PersistentVolumeClaimSpec", "accessModes")).toMatchObject({
    type: "array",
    items: { enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"] },
  });
  const strategy = "io.k8s.api.apps.v1.DeploymentStrategy";
  expect(at(field("io.k8s.api.apps.v1.DeploymentSpec", "strategy"), "description")).not.toBe(
    at(components, "schemas", strategy, "description"),
  );
});

test("texts keep their lines, what values mean, and characters that comments cannot hold", () => {
  const document = groupVersionDocument([deployments], "1.36");
  const text = (type: string, field: string) =>
    String(at(document.components, "schemas", type, "properties", field, "description"));
  expect(text("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "creationTimestamp")).toContain(
    "is in UTC.\n\nPopulated",
  );
  expect(text("io.k8s.api.core.v1.Container", "imagePullPolicy")).toMatch(/\n - `"Never"` means that \S/);
  expect(text("io.k8s.api.core.v1.PodSpec", "os")).toContain("spec.containers[*].securityContext");
  expect(text("io.k8s.api.core.v1.PodSpec", "setHostnameAsFQDN")).toContain("SYSTEM\\\\CurrentControlSet");
  expect(text("io.k8s.api.apps.v1.RollingUpdateDeployment", "maxSurge")).toMatch(/^The maximum number of pods/);
});

test("parameters and shared types are described in upstream's words", () => {
  const { paths, components } = groupVersionDocument([deployments], "1.36");
  const text = JSON.stringify(paths);
  expect(text).toContain("Watch for changes to the described resources");
  expect(text).toContain("A selector to restrict the list of returned objects by their fields.");
  expect(text).toContain("object name and auth scope, such as for teams and projects");
  expect(components).toMatchObject({
    schemas: {
      "io.k8s.apimachinery.pkg.apis.meta.v1.Time": { description: expect.stringMatching(/^Time is a wrapper around/) },
    },
  });
});

test("operations are described in upstream's words, those of custom resources as well", () => {
  const document = groupVersionDocument([deployments], "1.36");
  const path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/status";
  expect(at(document.paths, path, "patch", "description")).toBe("partially update status of the specified Deployment");
  const custom = groupVersionDocument([widgets], "1.36");
  const widget = at(custom.paths, "/apis/example.com/v1/namespaces/{namespace}/widgets");
  expect(at(widget, "get", "description")).toBe("list objects of kind Widget");
  expect(at(widget, "delete", "description")).toBe("delete collection of Widget");
  expect(at(custom.components, "schemas", "com.example.v1.WidgetList", "properties", "items", "description")).toMatch(
    /^List of widgets\. More info: https:/,
  );
});

test("version 2 says once what many operations take, under the names that upstream gives it", () => {
  const { paths, parameters, definitions } = wholeDocument([deployments], "1.36");
  expect(Object.keys(parameters)).toEqual(
    expect.arrayContaining([
      "body-2Y1dVQaQ",
      "body-78PwaGsr",
      "continue-QfD61s0i",
      "limit-1NfNmdNH",
      "pretty-tJGM1-ng",
    ]),
  );
  const object = at(paths, "/apis/apps/v1/namespaces/{namespace}/deployments/{name}");
  const own = (method: string) =>
    (at(object, method, "parameters") as JsonSchema[]).map(({ name, $ref }) => name ?? $ref);
  // Older kubectls look for dryRun and fieldValidation there; the other body is of this kind.
  expect(own("put")).toEqual(["body", "dryRun", "#/parameters/fieldManager-Qy4HdaTW", "fieldValidation"]);
  expect(own("patch")[0]).toBe("#/parameters/body-78PwaGsr");
  expect(Object.keys(definitions)).toContain("io.k8s.apimachinery.pkg.apis.meta.v1.Patch");
  const options = at(definitions, "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions");
  expect(at(options, "x-kubernetes-group-version-kind")).toContainEqual({
    group: "extensions",
    kind: "DeleteOptions",
    version: "v1beta1",
  });
});

test("documents of custom resources are those of a builder of its own", () => {
  const document = groupVersionDocument([widgets], "1.36");
  expect(document.info).toEqual({ title: "Kubernetes CRD Swagger", version: "v0.1.0" });
  expect(Object.keys(document.components)).toEqual(["schemas"]);
  const object = at(document.paths, "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}");
  expect((at(object, "get", "parameters") as JsonSchema[]).map(({ name }) => name)).toEqual(["resourceVersion"]);
  const collection = at(document.paths, "/apis/example.com/v1/namespaces/{namespace}/widgets");
  const names = (at(collection, "delete", "parameters") as JsonSchema[]).map(({ name }) => name);
  expect(names).toContain("watch");
  expect(names).not.toContain("propagationPolicy");
});

test("a document is printed piece by piece as it would be at once", () => {
  const document = groupVersionDocument([deployments, widgets], "1.36");
  const print = (value: object) => Buffer.from(finish(documentJson(value))).toString();
  expect(print(document)).toBe(JSON.stringify(document));
  const odd = { a: {}, b: undefined, c: { d: { e: { f: [] } } }, g: null, "ü\n": ["𝒳"] };
  expect(print(odd)).toBe(JSON.stringify(odd));
});
