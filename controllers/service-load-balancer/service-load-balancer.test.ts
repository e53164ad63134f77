import { expect, test } from "vitest";
import type { Node, Service } from "../../openapi/api/core.v1.ts";
import { Simulation } from "../simulation.ts";
import { type Listers, reconcile } from "./service-load-balancer.ts";

function cluster() {
  const simulation = new Simulation();
  const [services, nodes] = [simulation.store("v1/services"), simulation.store("v1/nodes")];
  const listers: Listers = { services, nodes, known: new Map(), failures: new Map() };
  const node = (name: string, labels = {}) =>
    simulation.put("v1/nodes", { metadata: { name, labels }, spec: {} } as unknown as Node);
  const service = (name: string, spec: Partial<Service["spec"]>, metadata: Partial<Service["metadata"]> = {}) => {
    const old = services.get(`default/${name}`);
    const whole = { type: "LoadBalancer", ipFamilies: ["IPv4"], ...spec };
    const identity = { ...old?.metadata, name, namespace: "default", ...metadata };
    simulation.put("v1/services", { ...old, metadata: identity, spec: whole } as Service);
    return sync(name);
  };
  /** What the Service's status says and what was told. */
  const sync = (name: string) => {
    simulation.events.length = 0;
    simulation.run(reconcile(`default/${name}`, listers));
    const { metadata, status } = (services.get(`default/${name}`) ?? {}) as Partial<Service>;
    return {
      ips: status?.loadBalancer?.ingress?.map(({ ip }) => ip) ?? [],
      finalizers: metadata?.finalizers ?? [],
      events: simulation.events.map((text) => text.split(" ")[1]),
    };
  };
  node("a");
  return { simulation, services, nodes, node, service, sync };
}

const FINALIZERS = ["service.kubernetes.io/load-balancer-cleanup"];
const ENSURED = ["EnsuringLoadBalancer", "EnsuredLoadBalancer"];

test("a Service gets an address of its own, once", () => {
  const { service, sync } = cluster();
  expect(service("a", {})).toEqual({ ips: ["198.18.0.1"], finalizers: FINALIZERS, events: ENSURED });
  expect(sync("a").events).toEqual([]);
  expect(service("b", {}).ips).toEqual(["198.18.0.2"]);
  expect(service("c", { ipFamilies: ["IPv6", "IPv4"] }).ips).toEqual(["2001:db8::1", "198.18.0.3"]);
});

test("the address asked for is given, unless it is another's", () => {
  const { simulation, service } = cluster();
  expect(service("a", { loadBalancerIP: "192.0.2.9" }).ips).toEqual(["192.0.2.9"]);
  expect(service("b", { loadBalancerIP: "192.0.2.9" })).toMatchObject({
    ips: [],
    events: ["EnsuringLoadBalancer", "SyncLoadBalancerFailed"],
  });
  expect(simulation.events[1]).toBe(
    "Warning SyncLoadBalancerFailed Error syncing load balancer: failed to ensure load balancer: " +
      "load balancer IP 192.0.2.9 is in use by service default/a",
  );
  expect(service("b", { loadBalancerIP: "192.0.2.8" }).ips).toEqual(["192.0.2.8"]);
  expect(service("b", {}).ips).toEqual(["198.18.0.1"]);
});

test("a Service of another class or type is left alone", () => {
  const { service } = cluster();
  const nothing = { ips: [], finalizers: [], events: [] };
  expect(service("a", { loadBalancerClass: "example.com/lb" })).toEqual(nothing);
  expect(service("b", { type: "NodePort" })).toEqual(nothing);
});

test.each([
  { name: "changes its type", spec: { type: "ClusterIP" }, metadata: {} },
  {
    name: "is deleted",
    spec: {},
    metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [...FINALIZERS, "x/y"] },
  },
])("the load balancer of a Service that $name goes", ({ spec, metadata }) => {
  const { service } = cluster();
  service("a", {});
  const { ips, finalizers, events } = service("a", spec, metadata);
  expect({ ips, finalizers }).toEqual({ ips: [], finalizers: metadata.finalizers?.slice(1) ?? [] });
  expect(events).toEqual(["DeletingLoadBalancer", "DeletedLoadBalancer"]);
});

test("load balancers follow the nodes", () => {
  const { node, nodes, service, sync } = cluster();
  service("a", {});
  node("b");
  expect(sync("a").events).toEqual(["UpdatedLoadBalancer"]);
  node("b", { "node.kubernetes.io/exclude-from-external-load-balancers": "" });
  expect(sync("a").events).toEqual(["UpdatedLoadBalancer"]);
  nodes.delete("a");
  expect(sync("a").events).toEqual(["UnAvailableLoadBalancer"]);
});
