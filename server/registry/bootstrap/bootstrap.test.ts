import { expect, test } from "vitest";
import { testRegistry } from "../generic/test-registry.ts";
import { bootstrap } from "./bootstrap.ts";
import type { ClusterFacts } from "./cluster.ts";

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
    entries: ["kubernetes-service-cidr-controller Apply status", "kube-apiserver Update "],
  },
  {
    group: "flowcontrol.apiserver.k8s.io",
    resource: "flowschemas",
    name: "probes",
    condition: "Dangling",
    entries: [
      "api-priority-and-fairness-config-consumer-v1 Apply status",
      "api-priority-and-fairness-config-producer-v1 Update ",
    ],
  },
])("the status of $name belongs to who applied it", async ({ group, resource, name, condition, entries }) => {
  const registry = await testRegistry();
  await bootstrap((wanted) => registry.contextOf(wanted), facts, []);
  const { metadata } = registry.reader.get({ group, resource }, "", name) ?? {};
  const { managedFields = [] } = metadata ?? {};
  expect(managedFields.map((entry) => `${entry.manager} ${entry.operation} ${entry.subresource ?? ""}`)).toEqual(
    entries,
  );
  const owned = { ".": {}, "f:lastTransitionTime": {}, "f:message": {}, "f:status": {}, "f:type": {} };
  expect(managedFields[0]?.fieldsV1).toEqual({
    "f:status": { "f:conditions": { [`k:{"type":"${condition}"}`]: expect.objectContaining(owned) } },
  });
});
