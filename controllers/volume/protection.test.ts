import { expect, test } from "vitest";
import { listerOf } from "../../client/index.ts";
import { Simulation } from "../simulation.ts";
import { CLAIMS, claimKeysOf, PODS_BY_CLAIM, VOLUMES } from "./claims.ts";
import { reconcile as reconcileEphemeral } from "./ephemeral.ts";
import { reconcileAttributesClass, reconcileClaim, reconcileVolume } from "./protection.ts";

function cluster() {
  const sim = new Simulation();
  sim.store("v1/pods").addIndex(PODS_BY_CLAIM, claimKeysOf as never);
  return sim;
}
const claim = (metadata: object) => ({ metadata: { name: "c", namespace: "ns", ...metadata }, spec: {}, status: {} });
const user = (spec: object) => ({
  metadata: { name: "p", namespace: "ns" },
  spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }], ...spec },
  status: {},
});
const going = { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["kubernetes.io/pvc-protection", "other"] };

test("a claim is held from the start", () => {
  const sim = cluster();
  sim.put(CLAIMS, claim({}));
  const claims = sim.store(CLAIMS);
  sim.run(reconcileClaim("ns/c", { claims, pods: sim.store("v1/pods") }));
  expect(claims.get("ns/c")?.metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
});

test.each([
  { pod: {}, held: false, why: "has no node" },
  { pod: { nodeName: "n" }, held: true, why: "has a node" },
])("a claim that is being deleted is held ($held) while a Pod that $why uses it", ({ pod, held }) => {
  const sim = cluster();
  sim.put(CLAIMS, claim(going));
  sim.put("v1/pods", user(pod));
  const claims = sim.store(CLAIMS);
  sim.run(reconcileClaim("ns/c", { claims, pods: sim.store("v1/pods") }));
  expect(claims.get("ns/c")?.metadata.finalizers).toEqual(held ? going.finalizers : ["other"]);
});

test("a Pod that only the server knows of holds its claim too", () => {
  const sim = cluster();
  sim.put(CLAIMS, claim(going));
  sim.put("v1/pods", user({ nodeName: "n" }));
  const behind = listerOf([], { [PODS_BY_CLAIM]: claimKeysOf });
  sim.run(reconcileClaim("ns/c", { claims: sim.store(CLAIMS), pods: behind }));
  expect(sim.writes).toEqual([]);
});

test.each([
  { phase: "Bound", held: true },
  { phase: "Released", held: false },
])("a volume in phase $phase that is being deleted is held: $held", ({ phase, held }) => {
  const sim = cluster();
  const finalizers = ["kubernetes.io/pv-protection"];
  sim.put(VOLUMES, { metadata: { name: "v", ...going, finalizers }, spec: {}, status: { phase } });
  sim.run(reconcileVolume("v", { volumes: sim.store(VOLUMES) }));
  expect(sim.store(VOLUMES).get("v")?.metadata.finalizers).toEqual(held ? finalizers : []);
});

test("a class of attributes is held while a claim names it", () => {
  const finalizers = ["kubernetes.io/vac-protection"];
  const held = (names: string[]) => {
    const indexes = { volumeAttributesClass: () => names };
    const found = { metadata: { name: "gold", ...going, finalizers }, driverName: "d" };
    const claims = listerOf([claim({}) as never], indexes);
    const listers = { attributesClasses: listerOf([found]), claims, volumes: listerOf([], indexes) };
    return reconcileAttributesClass("gold", listers).length === 0;
  };
  expect([held(["gold"]), held([])]).toEqual([true, false]);
});

test("an ephemeral volume's claim is made for its Pod, and never taken from another", () => {
  const sim = cluster();
  const volumeClaimTemplate = {
    metadata: { labels: { a: "b" } },
    spec: { resources: { requests: { storage: "1Gi" } } },
  };
  const pod = {
    ...user({ volumes: [{ name: "v", ephemeral: { volumeClaimTemplate } }] }),
    apiVersion: "v1",
    kind: "Pod",
  };
  const { uid } = sim.put("v1/pods", pod).metadata;
  const listers = { pods: sim.store("v1/pods"), claims: sim.store(CLAIMS) };
  sim.run(reconcileEphemeral("ns/p", listers));
  expect(listers.claims.get("ns/p-v")).toMatchObject({
    metadata: { labels: { a: "b" }, ownerReferences: [{ kind: "Pod", name: "p", uid, controller: true }] },
    spec: volumeClaimTemplate.spec,
  });
  sim.put(CLAIMS, { metadata: { name: "p-v", namespace: "ns" }, spec: {}, status: {} } as never);
  expect(sim.run(reconcileEphemeral("ns/p", listers))).toBeInstanceOf(Error);
  expect(sim.events).toEqual([
    "Warning FailedBinding ephemeral volume v: PVC ns/p-v was not created for pod ns/p (pod is not owner)",
  ]);
});
