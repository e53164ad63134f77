import { expect, test } from "vitest";
import { testRegistry } from "../generic/test-registry.ts";
import { bootstrap } from "./bootstrap.ts";
import { type ClusterFacts, identityLeaseName } from "./cluster.ts";

const facts: ClusterFacts = {
  now: new Date("2026-01-01T00:00:00Z"),
  advertiseAddress: "192.0.2.1",
  port: 6443,
  serviceAddress: "10.96.0.1",
  hostname: "host",
  identity: "run",
  clientCa: "CA",
  requestHeaderCa: "CA",
  requestHeader: {
    allowedNames: ["front-proxy-client"],
    userNameHeaders: ["X-Remote-User"],
    uidHeaders: [],
    groupHeaders: ["X-Remote-Group"],
    extraHeaderPrefixes: ["X-Remote-Extra-"],
  },
};

test("a second start writes nothing; a new port only what names it", async () => {
  const registry = await testRegistry();
  const run = (more: Partial<ClusterFacts> = {}) =>
    bootstrap((resource) => registry.contextOf(resource), { ...facts, ...more }, []);
  await run();
  const { storage } = registry.contextOf({ group: "", resource: "namespaces" });
  const { revision } = storage;
  expect(registry.reader.list({ group: "", resource: "namespaces" }, "")).toHaveLength(4);
  await run();
  expect(storage.revision).toBe(revision);
  await run({ port: 7443 });
  const changed = storage.values("/registry/").filter((change) => change.revision > revision);
  expect(changed.map(({ key }) => key)).toEqual([
    "/registry/endpointslices/default/kubernetes",
    expect.stringContaining("/registry/leases/kube-system/apiserver-"),
    "/registry/services/endpoints/default/kubernetes",
  ]);
});

test.each([
  {
    group: "networking.k8s.io",
    resource: "servicecidrs",
    name: "kubernetes",
    condition: "Ready",
    reason: {},
    entries: ["kubernetes-service-cidr-controller Apply status", "kube-apiserver Update "],
  },
  {
    group: "flowcontrol.apiserver.k8s.io",
    resource: "flowschemas",
    name: "probes",
    condition: "Dangling",
    reason: { "f:reason": {} },
    entries: [
      "api-priority-and-fairness-config-consumer-v1 Apply status",
      "api-priority-and-fairness-config-producer-v1 Update ",
    ],
  },
])("the status of $name belongs to who applied it", async ({ group, resource, name, condition, reason, entries }) => {
  const registry = await testRegistry();
  await bootstrap((wanted) => registry.contextOf(wanted), facts, []);
  const { metadata } = registry.reader.get({ group, resource }, "", name) ?? {};
  const { managedFields = [] } = metadata ?? {};
  expect(managedFields.map((entry) => `${entry.manager} ${entry.operation} ${entry.subresource ?? ""}`)).toEqual(
    entries,
  );
  const owned = { ".": {}, "f:lastTransitionTime": {}, "f:message": {}, ...reason, "f:status": {}, "f:type": {} };
  expect(managedFields[0]?.fieldsV1).toEqual({
    "f:status": { "f:conditions": { [`k:{"type":"${condition}"}`]: owned } },
  });
});

test("what allocation makes of the Service kubernetes is nobody's", async () => {
  const registry = await testRegistry();
  await bootstrap((wanted) => registry.contextOf(wanted), facts, []);
  const service = registry.reader.get({ group: "", resource: "services" }, "default", "kubernetes");
  expect(service).toMatchObject({ spec: { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1"], ipFamilies: ["IPv4"] } });
  const owned = service?.metadata.managedFields?.[0]?.fieldsV1 as { "f:spec": object };
  expect(Object.keys(owned["f:spec"])).toEqual([
    "f:clusterIP",
    "f:internalTrafficPolicy",
    "f:ipFamilyPolicy",
    "f:ports",
    "f:sessionAffinity",
    "f:type",
  ]);
});

test("the Lease of a server is named after its host as upstream names it", () => {
  expect(identityLeaseName("vm")).toBe("apiserver-wlv32tlttr4jl3gtroqexyxapa");
});
