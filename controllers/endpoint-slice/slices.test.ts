import { expect, test } from "vitest";
import { listerOf, timestamp } from "../../client/index.ts";
import type { Node, Pod, Service } from "../../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { Simulation } from "../simulation.ts";
import { reconcile } from "./endpoint-slice.ts";
import { reconcile as reconcileEndpoints } from "./endpoints.ts";
import { TopologyHints } from "./topology-hints.ts";
import { TRIGGER_TIME, TriggerTimes } from "./trigger-times.ts";

const labels = { app: "web" };

function cluster(spec: Partial<Service["spec"]> = {}) {
  const sim = new Simulation();
  sim.put("v1/services", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "ns", labels: { l: "v" } },
    spec: {
      selector: labels,
      clusterIP: "10.0.0.1",
      ipFamilies: ["IPv4"],
      ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
      ...spec,
    },
    status: { loadBalancer: {} },
  });
  const nodes = listerOf<Node>([
    {
      metadata: { name: "n", labels: { "topology.kubernetes.io/zone": "z" } },
      spec: {},
      status: {},
    } as unknown as Node,
  ]);
  const slices = sim.store("discovery.k8s.io/v1/endpointslices");
  slices.addIndex("service", ({ metadata }) => [
    `${metadata.namespace}/${metadata.labels?.["kubernetes.io/service-name"]}`,
  ]);
  const services = sim.store("v1/services");
  const pods = sim.store("v1/pods");
  const endpoints = sim.store("v1/endpoints");
  const triggers = new TriggerTimes();
  const topology = new TopologyHints();
  const endpointTriggers = new TriggerTimes();
  const sync = () => {
    const before = sim.writes.length;
    sim.run(reconcile("ns/web", { services, pods, nodes, slices, triggers, topology }));
    sim.run(reconcileEndpoints("ns/web", { services, pods, endpoints, triggers: endpointTriggers }));
    return sim.writes.slice(before);
  };
  const pod = (i: number, ready = true, port = 8080) =>
    sim.put("v1/pods", {
      metadata: { name: `p${i}`, namespace: "ns", uid: `u${i}`, labels },
      spec: {
        nodeName: "n",
        containers: [{ name: "c", resources: {}, ports: [{ name: "http", containerPort: port, protocol: "TCP" }] }],
      },
      status: {
        phase: "Running",
        podIP: `10.1.0.${i}`,
        conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: timestamp(sim.now) }],
      },
    } as Pod);
  const list = () => slices.list() as readonly EndpointSlice[];
  return { sim, sync, pod, list, pods, endpoints };
}

test("a slice without endpoints has null in their place once it is read, and stays as it is", () => {
  const { sim, sync, list } = cluster();
  sync();
  const [slice] = list();
  sim.put("discovery.k8s.io/v1/endpointslices", { ...slice, endpoints: null, ports: null } as never);
  expect(sync()).toEqual([]);
});

test("a service without Pods has one slice without ports, which is filled rather than replaced", () => {
  const { sync, pod, list } = cluster();
  expect(sync()).toEqual(["create discovery.k8s.io/v1/endpointslices", "create v1/endpoints"]);
  expect(list()).toMatchObject([{ addressType: "IPv4", endpoints: [] }]);
  expect(list()[0]?.ports).toBeUndefined();
  expect(sync()).toEqual([]);
  const name = list()[0]?.metadata.name;
  pod(1);
  expect(sync()).toEqual(["update discovery.k8s.io/v1/endpointslices", "update v1/endpoints"]);
  expect(list()[0]?.metadata.name).toBe(name);
  expect(list()).toMatchObject([
    {
      metadata: { labels: { l: "v", "kubernetes.io/service-name": "web" } },
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      endpoints: [
        {
          addresses: ["10.1.0.1"],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: "n",
          zone: "z",
        },
      ],
    },
  ]);
  expect(sync()).toEqual([]);
});

test("slices hold a hundred endpoints, and one change writes one slice", () => {
  const { sync, pod, list } = cluster();
  for (let i = 0; i < 250; i++) pod(i);
  sync();
  expect(
    list()
      .map(({ endpoints }) => endpoints?.length)
      .sort(),
  ).toEqual([100, 100, 50]);
  pod(7, false);
  expect(sync().filter((write) => write.includes("slices"))).toHaveLength(1);
  const all = list().flatMap(({ endpoints = [] }) => endpoints);
  expect(new Set(all.map(({ addresses }) => addresses?.[0])).size).toBe(250);
  expect(all.filter(({ conditions }) => !conditions?.ready)).toHaveLength(1);
});

test("of slices whose ports are wanted no more those that are needed are written anew", () => {
  const { sync, pod, list, pods } = cluster();
  pod(1, true, 8080);
  pod(2, true, 9090);
  sync();
  const names = list().map(({ metadata }) => metadata.name);
  pods.delete("ns/p2");
  pod(1, true, 7070);
  expect(
    sync()
      .filter((write) => write.includes("slices"))
      .sort(),
  ).toEqual(["delete discovery.k8s.io/v1/endpointslices", "update discovery.k8s.io/v1/endpointslices"]);
  expect(list().map(({ ports }) => ports?.[0]?.port)).toEqual([7070]);
  expect(names).toContain(list()[0]?.metadata.name);
});

test("Pods whose port of that name differs are in slices of their own", () => {
  const { sync, pod, list } = cluster();
  pod(1, true, 8080);
  pod(2, true, 9090);
  sync();
  expect(
    list()
      .map(({ ports }) => ports?.[0]?.port)
      .sort(),
  ).toEqual([8080, 9090]);
});

test.each([
  [false, { ready: false, serving: false }, "notReadyAddresses"],
  [true, { ready: true, serving: false }, "addresses"],
])("publishNotReadyAddresses %s decides what a Pod that is not ready counts as", (publish, conditions, where) => {
  const { sync, pod, list, endpoints } = cluster({ publishNotReadyAddresses: publish });
  pod(1, false);
  sync();
  expect(list()[0]?.endpoints?.[0]?.conditions).toMatchObject(conditions);
  expect(endpoints.get("ns/web")).toMatchObject({ subsets: [{ [where]: [{ ip: "10.1.0.1" }] }] });
});

test("what a Pod or the Service caused says when it did, and nothing else does", () => {
  const { sim, sync, pod, list, endpoints } = cluster();
  const times = () => [list()[0], endpoints.get("ns/web")].map((one) => one?.metadata.annotations?.[TRIGGER_TIME]);
  sync();
  const created = sim.store("v1/services").get("ns/web")?.metadata.creationTimestamp;
  expect(times()).toEqual([created, created]);
  sim.now = new Date("2026-01-01T00:00:30Z");
  pod(1);
  sim.now = new Date("2026-01-01T00:00:40Z");
  pod(2);
  sync();
  expect(times()).toEqual(["2026-01-01T00:00:30Z", "2026-01-01T00:00:30Z"]);
  const service = sim.store("v1/services").get("ns/web") as Service;
  sim.put("v1/services", { ...service, metadata: { ...service.metadata, labels: { l: "w" } } });
  sync();
  expect(list()[0]?.metadata.labels?.l).toBe("w");
  expect(times()).toEqual([undefined, undefined]);
});

test("new endpoints go into one slice that has room for all of them, else into a new one", () => {
  const { sync, pod, list } = cluster();
  const sizes = () =>
    list()
      .map(({ endpoints }) => endpoints?.length ?? 0)
      .sort((a, b) => a - b);
  for (let i = 0; i < 190; i++) pod(i);
  sync();
  expect(sizes()).toEqual([90, 100]);
  for (let i = 190; i < 205; i++) pod(i);
  sync();
  expect(sizes()).toEqual([15, 90, 100]);
  for (let i = 205; i < 210; i++) pod(i);
  sync();
  expect(sizes()).toEqual([15, 95, 100]);
});

test("slices of a service of that name that is gone are deleted rather than taken over", () => {
  const { sim, sync, pod, list } = cluster();
  pod(1);
  sync();
  const [slice] = list();
  const service = sim.store("v1/services").get("ns/web") as Service;
  sim.put("v1/services", { ...service, metadata: { ...service.metadata, uid: "another" } });
  expect(sync().filter((write) => write.includes("slices"))).toEqual([
    "create discovery.k8s.io/v1/endpointslices",
    "delete discovery.k8s.io/v1/endpointslices",
  ]);
  expect(list().map(({ metadata }) => metadata.name)).not.toContain(slice?.metadata.name);
});

test("while a service is going its slices are kept true but none is made", () => {
  const { sim, sync, pod, list } = cluster();
  pod(1);
  sync();
  const service = sim.store("v1/services").get("ns/web") as Service;
  const deletionTimestamp = timestamp(sim.now);
  sim.put("v1/services", { ...service, metadata: { ...service.metadata, deletionTimestamp } });
  pod(1, false);
  pod(2, true, 9090);
  sync();
  expect(list()).toMatchObject([{ endpoints: [{ conditions: { ready: false } }] }]);
});
