import { expect, test } from "vitest";
import { listerOf, ManualClock } from "../../../../client/index.ts";
import type { Service } from "../../../../openapi/api/core.v1.ts";
import type { EndpointSlice, Endpoint as SliceEndpoint } from "../../../../openapi/api/discovery.k8s.io.v1.ts";
import { SERVICE_INDEXES, type ServiceObjects, SLICE_INDEXES } from "./service-objects.ts";
import { ServiceRoutes } from "./service-routes.ts";
import { Stack } from "./stack.ts";

const client = new Stack({ addresses: ["10.0.0.99"], node: "node-a", isHost: false });
const IP = "10.96.0.5";

function service(spec: Partial<Service["spec"]> = {}, status: Partial<Service["status"]> = {}): Service {
  return {
    metadata: { name: "web", namespace: "ns" },
    spec: { clusterIP: IP, clusterIPs: [IP], ports: [{ name: "http", port: 80, nodePort: 30080 }], ...spec },
    status,
  } as Service;
}

function slice(endpoints: readonly SliceEndpoint[]): EndpointSlice {
  return {
    metadata: { name: "web-1", namespace: "ns", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [...endpoints],
  };
}

const endpoint = (address: string, nodeName: string, conditions = {}): SliceEndpoint => ({
  addresses: [address],
  nodeName,
  conditions,
});
const both = [endpoint("10.0.0.1", "node-a"), endpoint("10.0.1.1", "node-b")];

function objects(wanted: Service, endpoints: readonly SliceEndpoint[]): ServiceObjects {
  return { services: listerOf([wanted], SERVICE_INDEXES), slices: listerOf([slice(endpoints)], SLICE_INDEXES) };
}

const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
/** Every endpoint that some random number leads to. */
function reached(known: ServiceObjects, address: string, port: number, toNode?: string): string[] {
  const found = [0.1, 0.9].map((random) =>
    new ServiceRoutes({ clock, random: () => random }).route(
      { protocol: "TCP", from: client, to: { address, port }, ...(toNode && { toNode }) },
      known,
    ),
  );
  return [...new Set(found.map((route) => `${route?.to.address}:${route?.to.port}`))];
}

test.each<[string, Partial<Service["spec"]>, string, number, string | undefined, string[]]>([
  ["its own address", {}, IP, 80, undefined, ["10.0.0.1:8080", "10.0.1.1:8080"]],
  ["another port", {}, IP, 81, undefined, ["undefined:undefined"]],
  [
    "an external address",
    { externalIPs: ["192.0.2.1"] },
    "192.0.2.1",
    80,
    undefined,
    ["10.0.0.1:8080", "10.0.1.1:8080"],
  ],
  [
    "its own address, endpoints of the node only",
    { internalTrafficPolicy: "Local" },
    IP,
    80,
    undefined,
    ["10.0.0.1:8080"],
  ],
  ["a node's port", {}, "192.0.2.7", 30080, "node-b", ["10.0.0.1:8080", "10.0.1.1:8080"]],
  [
    "a node's port, endpoints of that node only",
    { externalTrafficPolicy: "Local" },
    "192.0.2.7",
    30080,
    "node-b",
    ["10.0.1.1:8080"],
  ],
  ["that port of no node", {}, "192.0.2.7", 30080, undefined, ["undefined:undefined"]],
])("by %s", (_by, spec, address, port, toNode, expected) => {
  expect(reached(objects(service(spec), both), address, port, toNode)).toEqual(expected);
});

test.each<[string, SliceEndpoint[], string]>([
  [
    "only ready ones",
    [endpoint("10.0.0.1", "a", { ready: false }), endpoint("10.0.1.1", "b", { ready: true })],
    "10.0.1.1:8080",
  ],
  [
    "when none is ready those that still serve",
    [endpoint("10.0.0.1", "a", { ready: false, serving: true, terminating: true })],
    "10.0.0.1:8080",
  ],
])("takes %s", (_what, endpoints, expected) => {
  expect(reached(objects(service(), endpoints), IP, 80)).toEqual([expected]);
});

test("nobody behind a Service refuses; nobody on the node gets no answer", () => {
  const routes = new ServiceRoutes({ clock, random: () => 0 });
  const traffic = { protocol: "TCP", from: client, to: { address: IP, port: 80 } } as const;
  expect(() => routes.route(traffic, objects(service(), []))).toThrow("connection refused");
  const local = objects(service({ internalTrafficPolicy: "Local" }), [endpoint("10.0.1.1", "node-b")]);
  expect(() => routes.route(traffic, local)).toThrow("i/o timeout");
});

test("a client stays with its endpoint until its time is over", () => {
  const random = { value: 0.1 };
  const time = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const routes = new ServiceRoutes({ clock: time, random: () => random.value });
  const config = { clientIP: { timeoutSeconds: 100 } };
  const known = objects(service({ sessionAffinity: "ClientIP", sessionAffinityConfig: config }), both);
  const ask = () => routes.route({ protocol: "TCP", from: client, to: { address: IP, port: 80 } }, known)?.to.address;
  expect(ask()).toBe("10.0.0.1");
  random.value = 0.9;
  time.advance(99_000);
  expect(ask()).toBe("10.0.0.1");
  time.advance(101_000);
  expect(ask()).toBe("10.0.1.1");
});
