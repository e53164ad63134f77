import { expect, test } from "vitest";
import type { APIService } from "../../openapi/api/apiregistration.k8s.io.v1.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import type { KubeObject } from "../meta/object.ts";
import { serviceProblem, withAvailability } from "./availability.ts";
import { remoteResources } from "./remote-resources.ts";

const spec = {
  group: "x.example.com",
  version: "v1",
  groupPriorityMinimum: 1000,
  versionPriority: 15,
  service: { namespace: "ns", name: "ext", port: 443 },
};
const apiService = { kind: "APIService", apiVersion: "apiregistration.k8s.io/v1", metadata: {}, spec } as APIService;
const service = (more: object) => ({ metadata: {}, spec: { type: "ClusterIP", ports: [{ port: 443 }], ...more } });
const slice = (endpoints: object[], name = "") => ({
  metadata: { labels: { "kubernetes.io/service-name": "ext" } },
  ports: [{ name, port: 8443 }],
  endpoints,
});

// The casts: as much of the objects as is looked at.
function readerOf(found: object | undefined, slices: object[]): ObjectReader {
  return { get: () => found as KubeObject, list: () => slices as KubeObject[] } as unknown as ObjectReader;
}

test.each([
  [undefined, [], "ServiceNotFound", 'service/ext in "ns" is not present'],
  [service({ ports: [{ port: 80 }] }), [], "ServicePortError", 'service/ext in "ns" is not listening on port 443'],
  [service({}), [], "EndpointsNotFound", 'cannot find endpointslices for service/ext in "ns"'],
  [service({}), [slice([])], "MissingEndpoints", expect.stringContaining("have no addresses")],
  [
    service({}),
    [slice([{ addresses: ["10.0.0.1"], conditions: { ready: false } }])],
    "MissingEndpoints",
    expect.any(String),
  ],
  [service({}), [slice([{ addresses: ["10.0.0.1"] }], "other")], "MissingEndpoints", expect.any(String)],
])("what is wrong with the Service is told: %o %o", (found, slices, reason, message) => {
  expect(serviceProblem(apiService, readerOf(found, slices))).toEqual({ status: "False", reason, message });
});

test.each([
  [service({}), [slice([{ addresses: ["10.0.0.1"] }])]],
  [service({ type: "ExternalName", ports: [] }), []],
])("a Service with addresses, or outside, may be asked: %o", (found, slices) => {
  expect(serviceProblem(apiService, readerOf(found, slices))).toBeUndefined();
});

test("a condition is written once, and keeps its time while its status stays", () => {
  const [first, later] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-01-02T00:00:00Z")];
  const down = { status: "False", reason: "ServiceNotFound", message: "m" };
  const told = withAvailability(apiService, down, first);
  expect(told?.status?.conditions).toEqual([
    { type: "Available", lastTransitionTime: "2026-01-01T00:00:00Z", ...down },
  ]);
  expect(withAvailability(told ?? apiService, down, later)).toBeUndefined();
  const other = withAvailability(told ?? apiService, { ...down, reason: "MissingEndpoints" }, later);
  expect(other?.status?.conditions?.[0]?.lastTransitionTime).toBe("2026-01-01T00:00:00Z");
});

test("a server's list of resources becomes aggregated discovery", () => {
  const resources = [
    { name: "things", singularName: "thing", namespaced: true, kind: "Thing", verbs: ["get"] },
    { name: "things/status", kind: "Thing", verbs: ["update"] },
  ];
  const responseKind = { group: "x.example.com", version: "v1", kind: "Thing" };
  expect(remoteResources({ resources }, spec)).toEqual([
    {
      resource: "things",
      responseKind,
      scope: "Namespaced",
      singularResource: "thing",
      verbs: ["get"],
      subresources: [{ subresource: "status", responseKind, verbs: ["update"] }],
    },
  ]);
});

test.each([undefined, null, {}, { resources: "no" }])("a document without resources has none: %o", (document) => {
  expect(remoteResources(document, spec)).toEqual([]);
});
