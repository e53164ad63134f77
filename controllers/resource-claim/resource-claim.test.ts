import { expect, test } from "vitest";
import type { Lister } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ResourceClaim, ResourceClaimTemplate } from "../../openapi/api/resource.k8s.io.v1.ts";
import { Simulation } from "../simulation.ts";
import { CLAIMS, TEMPLATES } from "./pod.ts";
import { reconcile } from "./resource-claim.ts";

function cluster() {
  const sim = new Simulation();
  const pods: Lister<Pod> = sim.store("v1/pods");
  const claims: Lister<ResourceClaim> = sim.store(CLAIMS);
  const templates: Lister<ResourceClaimTemplate> = sim.store(TEMPLATES);
  const pod = (spec: object, rest: object = {}) =>
    sim.put("v1/pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "ns", uid: "pod", ...rest },
      spec,
      status: {},
    } as never);
  const claim = (status: object, metadata: object = {}) =>
    sim.put(CLAIMS, { metadata: { name: "c", namespace: "ns", ...metadata }, spec: {}, status } as never);
  const sync = (key: string) => sim.run(reconcile(key, { pods, claims, templates }));
  return { sim, pods, claims, templates, pod, claim, sync };
}
const spec = { resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "t" }] };
const consumer = { resource: "pods", name: "p", uid: "pod" };

test("a template becomes a claim of the Pod, once, and the Pod's status names it", () => {
  const { sim, pods, claims, pod, sync } = cluster();
  sim.put(TEMPLATES, {
    metadata: { name: "t", namespace: "ns" },
    spec: { metadata: { labels: { a: "b" } }, spec: { devices: {} } },
  } as never);
  pod(spec);
  sync("pod:ns/p");
  sync("pod:ns/p");
  const [made] = claims.list();
  expect(claims.list()).toHaveLength(1);
  expect(made?.metadata).toMatchObject({
    generateName: "p-gpu-",
    labels: { a: "b" },
    annotations: { "resource.kubernetes.io/pod-claim-name": "gpu" },
    ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "pod", controller: true }],
  });
  expect(pods.get("ns/p")?.status.resourceClaimStatuses).toEqual([
    { name: "gpu", resourceClaimName: made?.metadata.name },
  ]);
});

test("a template that is not there is told", () => {
  const { sim, pod, sync } = cluster();
  pod(spec);
  expect(sync("pod:ns/p")).toBeInstanceOf(Error);
  expect(sim.events).toEqual([
    'Warning FailedResourceClaimCreation PodResourceClaim gpu: resource claim template "t": resourceclaimtemplate.resource.k8s.io "t" not found',
  ]);
});

test("a Pod with a node reserves its allocated claim", () => {
  const { claims, pod, claim, sync } = cluster();
  pod({ nodeName: "n", resourceClaims: [{ name: "gpu", resourceClaimName: "c" }] });
  claim({ allocation: {} });
  sync("pod:ns/p");
  expect(claims.get("ns/c")?.status?.reservedFor).toEqual([consumer]);
});

test.each([
  { why: "runs", phase: "Running", uid: "pod", wanted: { allocation: {}, reservedFor: [consumer] } },
  { why: "has ended", phase: "Succeeded", uid: "pod", wanted: {} },
  { why: "is another", phase: "Running", uid: "other", wanted: {} },
])("a claim reserved for a Pod that $why", ({ phase, uid, wanted }) => {
  const { sim, claims, pod, claim, sync } = cluster();
  const stored = pod({ nodeName: "n" }, { uid });
  sim.put("v1/pods", { ...stored, status: { phase } });
  const finalizers = ["resource.kubernetes.io/delete-protection"];
  claim({ allocation: {}, reservedFor: [consumer] }, { finalizers });
  sync("claim:ns/c");
  expect(claims.get("ns/c")?.status).toEqual(wanted);
  expect(claims.get("ns/c")?.metadata.finalizers).toEqual("reservedFor" in wanted ? finalizers : []);
});

test("a claim made for a Pod goes when the Pod has ended", () => {
  const { sim, claims, pod, claim, sync } = cluster();
  sim.put("v1/pods", { ...pod({ nodeName: "n" }), status: { phase: "Failed" } });
  const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "pod", controller: true };
  claim({}, { ownerReferences: [owner] });
  sync("claim:ns/c");
  expect(claims.list()).toEqual([]);
});
