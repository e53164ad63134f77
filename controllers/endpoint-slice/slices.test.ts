import { expect, test } from "vitest";
import { listerOf } from "../../client/index.ts";
import type { Node, Pod, Service } from "../../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { Simulation } from "../simulation.ts";
import { reconcile } from "./endpoint-slice.ts";
import { reconcile as reconcileEndpoints } from "./endpoints.ts";

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
  const sync = () => {
    const before = sim.writes.length;
    sim.run(reconcile("ns/web", { services, pods, nodes, slices }));
    sim.run(reconcileEndpoints("ns/web", { services, pods, endpoints }));
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
        conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      },
    } as Pod);
  const list = () => slices.list() as readonly EndpointSlice[];
  return { sim, sync, pod, list, pods, endpoints };
}

test("a service without Pods has one slice without ports, which is filled rather than replaced", () => {
  const { sync, pod, list } = cluster();
  expect(sync()).toEqual(["create discovery.k8s.io/v1/endpointslices", "create v1/endpoints"]);
  expect(list()).toMatchObject([{ addressType: "IPv4", endpoints: [] }]);
  expect(list()[0]?.ports).toBeUndefined();
  expect(sync()).toEqual([]);
  pod(1);
  sync();
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
