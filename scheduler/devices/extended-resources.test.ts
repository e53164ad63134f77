import { expect, test } from "vitest";
import { listerOf } from "../../client/index.ts";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import type { DeviceClass, ResourceClaim } from "../../openapi/api/resource.k8s.io.v1.ts";
import { Claims } from "./claims.ts";
import { classOfResource, extendedResourceClaim, isInMemory, requestsFor } from "./extended-resources.ts";

const GPU = "example.com/gpu";

const classOf = (name: string, extendedResourceName?: string, creationTimestamp = "2026-01-01T00:00:00Z") =>
  ({ metadata: { name, creationTimestamp }, spec: { extendedResourceName } }) as DeviceClass;

test.each([
  { classes: [classOf("a", GPU)], resource: GPU, is: "a" },
  { classes: [classOf("a", GPU), classOf("b", GPU, "2026-01-02T00:00:00Z")], resource: GPU, is: "b" },
  { classes: [classOf("b", GPU), classOf("a", GPU)], resource: GPU, is: "a" },
  { classes: [classOf("a")], resource: "deviceclass.resource.kubernetes.io/a", is: "a" },
  { classes: [classOf("a")], resource: GPU, is: undefined },
  { classes: [classOf("a", "cpu")], resource: "cpu", is: undefined },
  { classes: [classOf("a", "kubernetes.io/x")], resource: "kubernetes.io/x", is: undefined },
])("$resource of $classes.length classes stands for $is", ({ classes, resource, is }) => {
  expect(classOfResource(classes, resource)?.metadata.name).toBe(is);
});

const container = (name: string, requests: Record<string, string>, restartPolicy?: string) =>
  ({ name, resources: { requests }, ...(restartPolicy && { restartPolicy }) }) as Container;
const gpus = (name: string, count: number, restartPolicy?: string) =>
  container(name, { cpu: "1", [GPU]: String(count) }, restartPolicy);

test.each([
  {
    what: "one container",
    containers: [gpus("c", 2)],
    requests: ["container-0-request-1 2"],
    mappings: ["c container-0-request-1"],
  },
  {
    what: "two at once",
    containers: [gpus("a", 1), container("b", { cpu: "1" }), gpus("c", 2)],
    requests: ["container-0-request-1 1", "container-2-request-1 2"],
    mappings: ["a container-0-request-1", "c container-2-request-1"],
  },
  {
    what: "an init container that uses what comes later",
    init: [gpus("i", 2)],
    containers: [gpus("c", 2)],
    requests: ["container-1-request-1 2"],
    mappings: ["c container-1-request-1", "i container-1-request-1"],
  },
  {
    what: "an init container that needs more",
    init: [gpus("i", 3)],
    containers: [gpus("c", 2)],
    requests: ["container-0-request-1 1", "container-1-request-1 2"],
    mappings: ["c container-1-request-1", "i container-1-request-1", "i container-0-request-1"],
  },
  {
    what: "init containers that share the most that any of them needs",
    init: [gpus("i", 1), gpus("j", 4)],
    containers: [gpus("c", 1)],
    requests: ["container-1-request-1 3", "container-2-request-1 1"],
    mappings: [
      "c container-2-request-1",
      "i container-2-request-1",
      "j container-2-request-1",
      "j container-1-request-1",
    ],
  },
  {
    what: "an init container after a sidecar, whose devices are taken",
    init: [gpus("side", 1, "Always"), gpus("i", 1)],
    containers: [],
    requests: ["container-0-request-1 1", "container-1-request-1 1"],
    mappings: ["side container-0-request-1", "i container-1-request-1"],
  },
])("requests of $what", ({ init, containers, requests, mappings }) => {
  const pod = { spec: { initContainers: init, containers } } as unknown as Pod;
  const made = requestsFor(pod, [GPU], () => classOf("a", GPU));
  expect(made.requests.map(({ name, exactly }) => `${name} ${exactly?.count}`)).toEqual(requests);
  expect(made.mappings.map((one) => `${one.containerName} ${one.requestName}`)).toEqual(mappings);
  expect(made.requests[0]?.exactly).toMatchObject({ deviceClassName: "a", allocationMode: "ExactCount" });
});

test("the claim of an earlier attempt is found, else one is thought of", () => {
  const pod = { metadata: { name: "p", namespace: "ns", uid: "u" } } as Pod;
  const made = extendedResourceClaim(pod, new Claims(listerOf([])), "temporary");
  expect(isInMemory(made)).toBe(true);
  expect(made.metadata).toMatchObject({
    generateName: "p-extended-resources-",
    annotations: { "resource.kubernetes.io/extended-resource-claim": "true" },
    ownerReferences: [{ kind: "Pod", name: "p", uid: "u", controller: true }],
  });
  const known = { ...made, metadata: { ...made.metadata, name: "p-extended-resources-x" } } as ResourceClaim;
  const found = extendedResourceClaim(pod, new Claims(listerOf([known])), "temporary");
  expect(found).toBe(known);
  expect(isInMemory(found)).toBe(false);
});
