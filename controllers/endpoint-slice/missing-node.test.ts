import { expect, test } from "vitest";
import { ApiError } from "../../client/index.ts";
import type { Service } from "../../openapi/api/core.v1.ts";
import { Simulation } from "../simulation.ts";
import { reconcile as reconcileSlices } from "./endpoint-slice.ts";
import { reconcile as reconcileEndpoints } from "./endpoints.ts";
import { TopologyHints } from "./topology-hints.ts";
import { TriggerTimes } from "./trigger-times.ts";

/** A Service with two Pods that have addresses but no node that is known. */
function cluster(spec: Partial<Service["spec"]>) {
  const sim = new Simulation();
  const labels = { app: "w" };
  const ports = [{ port: 80, targetPort: 80, protocol: "TCP" }];
  sim.put("v1/services", {
    metadata: { name: "s", namespace: "ns" },
    spec: { selector: labels, ports, clusterIP: "10.96.0.1", ipFamilies: ["IPv4"], ...spec },
  });
  for (const [name, nodeName] of [["a"], ["b", "gone"]]) {
    const conditions = [{ type: "Ready", status: "True" }];
    const ip = `10.0.0.${name === "a" ? 1 : 2}`;
    const status = { phase: "Running", conditions, podIP: ip, podIPs: [{ ip }] };
    sim.put("v1/pods", { metadata: { name, namespace: "ns", labels }, spec: { containers: [], nodeName }, status });
  }
  const triggers = new TriggerTimes();
  const [services, pods, nodes] = [sim.store("v1/services"), sim.store("v1/pods"), sim.store("v1/nodes")];
  const slices = sim.store("discovery.k8s.io/v1/endpointslices");
  slices.addIndex("service", () => ["ns/s"]);
  const listers = { services, pods, nodes, slices, endpoints: sim.store("v1/endpoints"), triggers };
  return { sim, slices, listers: { ...listers, topology: new TopologyHints() } as never };
}

test("Pods of a node that is not known are left out of slices, told of and looked at again", () => {
  const { sim, slices, listers } = cluster({});
  const error = sim.run(reconcileSlices("ns/s", listers));
  const problem =
    "[skipping Pod a for Service ns/s: Node  Not Found, skipping Pod b for Service ns/s: Node gone Not Found]";
  expect(error).toEqual(new Error(problem));
  expect(sim.events).toEqual([
    `Warning FailedToUpdateEndpointSlices Error updating Endpoint Slices for Service ns/s: ${problem}`,
  ]);
  expect(slices.list()).toMatchObject([{ endpoints: [] }]);
});

test("a Service that publishes addresses that are not ready has them", () => {
  const { sim, slices, listers } = cluster({ publishNotReadyAddresses: true });
  expect(sim.run(reconcileSlices("ns/s", listers))).toBeUndefined();
  expect(slices.list()).toMatchObject([{ endpoints: [{ addresses: ["10.0.0.1"] }, { addresses: ["10.0.0.2"] }] }]);
  expect(sim.events).toEqual([]);
});

test("Endpoints name a Pod's node even if it has none, and tell of it when they are refused", () => {
  const { sim, listers } = cluster({});
  const sent: unknown[] = [];
  sim.refuse = ({ object }) => {
    sent.push(object);
    return new ApiError(422, { message: "no such node" });
  };
  sim.run(reconcileEndpoints("ns/s", listers));
  const addresses = [
    { ip: "10.0.0.1", nodeName: "" },
    { ip: "10.0.0.2", nodeName: "gone" },
  ];
  expect(sent).toMatchObject([{ subsets: [{ addresses }] }]);
  expect(sim.events).toEqual([
    "Warning FailedToCreateEndpoint Failed to create endpoint for service ns/s: no such node",
  ]);
});
