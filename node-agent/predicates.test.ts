import { expect, test } from "vitest";
import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { predicateRejection } from "./predicates.ts";

const node = {
  metadata: { name: "node-a", labels: { disk: "ssd" } },
  spec: {},
  status: { allocatable: { cpu: "1", memory: "1Gi", pods: "3", "example.com/gpu": "1" } },
} as unknown as Node;

const podWith = (spec: object, requests: Record<string, string> = {}) =>
  ({
    metadata: { name: "p" },
    spec: { containers: [{ name: "c", resources: { requests } }], ...spec },
  }) as unknown as Pod;
const port = (hostPort: number, hostIP?: string, protocol?: string) =>
  podWith({ containers: [{ name: "c", ports: [{ hostPort, containerPort: 80, hostIP, protocol }] }] });

test.each<[string, Pod, Pod[], string | undefined]>([
  ["one that fits", podWith({}, { cpu: "500m" }), [podWith({}, { cpu: "500m" })], undefined],
  [
    "too much CPU",
    podWith({}, { cpu: "600m" }),
    [podWith({}, { cpu: "500m" })],
    "OutOfcpu: Node didn't have enough resource: cpu, requested: 600, used: 500, capacity: 1000",
  ],
  [
    "too much memory",
    podWith({}, { memory: "2Gi" }),
    [],
    "OutOfmemory: Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824",
  ],
  [
    "one too many",
    podWith({}),
    [podWith({}), podWith({}), podWith({})],
    "OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
  ],
  [
    "an extended resource that is taken",
    podWith({}, { "example.com/gpu": "1" }),
    [podWith({}, { "example.com/gpu": "1" })],
    "OutOfexample.com/gpu: Node didn't have enough resource: example.com/gpu, requested: 1, used: 1, capacity: 1",
  ],
  [
    "resources that claimed devices stand for",
    {
      ...podWith({}, { "deviceclass.resource.kubernetes.io/x": "1", "example.com/gpu": "5" }),
      status: {
        extendedResourceClaimStatus: {
          resourceClaimName: "r",
          requestMappings: [
            { containerName: "c", resourceName: "deviceclass.resource.kubernetes.io/x", requestName: "a" },
            { containerName: "c", resourceName: "example.com/gpu", requestName: "b" },
          ],
        },
      },
    },
    [],
    undefined,
  ],
  ["an extended resource that the node does not know", podWith({}, { "example.com/other": "1" }), [], undefined],
  [
    "another node's Pod",
    podWith({ nodeSelector: { disk: "hdd" } }),
    [],
    "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  ],
  [
    "a port that is taken",
    port(80),
    [port(80, "192.0.2.1")],
    "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  ],
  ["a port of another address", port(80, "192.0.2.2"), [port(80, "192.0.2.1")], undefined],
  ["a port of another protocol", port(80, "", "UDP"), [port(80)], undefined],
  [
    "another system's Pod",
    podWith({ os: { name: "windows" } }),
    [],
    "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS",
  ],
])("%s", (_what, pod, others, expected) => {
  const found = predicateRejection(pod, others, node);
  expect(found && `${found.reason}: ${found.message}`).toBe(expected);
});
