import { expect, test } from "vitest";
import type { Endpoints } from "../../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { Simulation } from "../simulation.ts";
import { reconcile } from "./mirroring.ts";

function mirror(source: Pick<Endpoints, "subsets"> & { labels?: object; annotations?: object }) {
  const sim = new Simulation();
  const services = sim.store("v1/services");
  const endpoints = sim.store("v1/endpoints");
  const slices = sim.store("discovery.k8s.io/v1/endpointslices");
  slices.addIndex("service", ({ metadata }) => [
    `${metadata.namespace}/${metadata.labels?.["kubernetes.io/service-name"]}`,
  ]);
  const put = ({ subsets, ...metadata }: typeof source) =>
    sim.put("v1/endpoints", {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { name: "web", namespace: "ns", uid: "e", ...metadata },
      subsets,
    } as Endpoints);
  sim.put("v1/services", { metadata: { name: "web", namespace: "ns" }, spec: {} });
  put(source);
  const sync = () => sim.run(reconcile("ns/web", { services, endpoints, slices }));
  sync();
  return { sim, sync, put, slices: () => slices.list() as readonly EndpointSlice[] };
}

const ports = [{ port: 80, protocol: "TCP" }];
const own = {
  "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
  "kubernetes.io/service-name": "web",
};

test.each([
  {
    what: "all labels are copied, and the two of the slice itself put over them",
    source: { labels: { a: "b", "kubernetes.io/service-name": "x", "endpoints.kubernetes.io/managed-by": "y" } },
    metadata: { labels: { ...own, a: "b", "endpoints.kubernetes.io/managed-by": "y" } },
  },
  {
    what: "annotations are copied but for the trigger time and what kubectl applied",
    source: {
      annotations: {
        a: "b",
        "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
      },
    },
    metadata: { annotations: { a: "b" } },
  },
])("$what", ({ source, metadata }) => {
  const { slices } = mirror({ ...source, subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports }] });
  expect(slices()).toMatchObject([{ metadata }]);
});

test("an annotation that is taken away goes from the slice as well", () => {
  const subsets = [{ addresses: [{ ip: "10.0.0.1" }], ports }];
  const { put, sync, slices } = mirror({ annotations: { a: "b", c: "d" }, subsets });
  put({ annotations: { c: "d" }, subsets });
  sync();
  expect(slices()[0]?.metadata.annotations).toEqual({ c: "d" });
  expect(slices()[0]?.metadata.generateName).toBeUndefined();
});

test("a thousand addresses of a subset are mirrored, ready ones first, and the rest is told of", () => {
  const ips = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ ip: `10.0.${Math.floor((from + i) / 250)}.${((from + i) % 250) + 1}` }));
  const { sim, slices } = mirror({ subsets: [{ addresses: ips(0, 900), notReadyAddresses: ips(900, 300), ports }] });
  const all = slices().flatMap(({ endpoints = [] }) => endpoints);
  expect(all.filter(({ conditions }) => conditions?.ready)).toHaveLength(900);
  expect(all.filter(({ conditions }) => !conditions?.ready)).toHaveLength(100);
  expect(sim.events).toEqual([
    "Warning TooManyAddressesToMirror A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 200 addresses were skipped",
  ]);
});
