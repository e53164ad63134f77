import { expect, test } from "vitest";
import type { PersistentVolumeClaim, Pod, Volume } from "../../openapi/api/core.v1.ts";
import type { Listers } from "../framework.ts";
import { fitError, postFilter, schedule } from "../schedule.ts";
import { decisionOn, defaultProfile, nodeInfo, nothing } from "../simulation.ts";

const profile = defaultProfile();

const pod = (name: string, volumes: Volume[], spec: Partial<Pod["spec"]> = {}) =>
  ({
    metadata: { name, namespace: "ns", uid: name },
    spec: { containers: [{ name: "c", resources: {} }], volumes, ...spec },
    status: {},
  }) as Pod;
const claim = (name: string, over: { metadata?: object; spec?: object; status?: object } = {}) =>
  ({
    metadata: { name, namespace: "ns", ...over.metadata },
    spec: { storageClassName: "later", accessModes: ["ReadWriteOnce"], resources: {}, ...over.spec },
    status: { phase: "Pending", ...over.status },
  }) as PersistentVolumeClaim;

/** @returns the node's name, or why there is none */
function place(
  wanted: Pod,
  claims: PersistentVolumeClaim[] = [],
  running: Pod[] = [],
  declaredFeatures?: string[],
  more: Partial<Listers> = {},
) {
  const node = nodeInfo("a", {}, {});
  if (declaredFeatures) node.node.status = { ...node.node.status, declaredFeatures };
  for (const one of running) node.addPod(one);
  const listers: Listers = {
    ...nothing,
    persistentVolumeClaim: (_, name) => claims.find(({ metadata }) => metadata.name === name),
    storageClass: (name) =>
      name === "later"
        ? { metadata: { name }, provisioner: "example.com/p", volumeBindingMode: "WaitForFirstConsumer" }
        : undefined,
    ...more,
  };
  const outcome = schedule(decisionOn(wanted, [node], { profile, listers, random: 0 }));
  if ("node" in outcome) return outcome.node.name;
  const text = fitError(outcome.diagnosis, postFilter(outcome.cycle, profile, outcome.diagnosis).message);
  return text.replace("0/1 nodes are available: ", "").replace(/ (not found|no new claims.*)$/, "");
}

const named: Volume = { name: "v", persistentVolumeClaim: { claimName: "c" } };
const ephemeral: Volume = { name: "v", ephemeral: { volumeClaimTemplate: { metadata: {}, spec: { resources: {} } } } };
const owned = { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "p", controller: true }] };

test.each([
  { what: "a claim that waits for its Pod", volume: named, claims: [claim("c")], is: "a" },
  { what: "a claim that is not there", volume: named, claims: [], is: 'persistentvolumeclaim "c" not found.' },
  {
    what: "a generated claim that is not made yet",
    volume: ephemeral,
    claims: [],
    is: 'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-v".',
  },
  {
    what: "somebody else's claim of that name",
    volume: ephemeral,
    claims: [claim("p-v")],
    is: "PVC ns/p-v was not created for pod ns/p (pod is not owner).",
  },
  { what: "its generated claim", volume: ephemeral, claims: [claim("p-v", { metadata: owned })], is: "a" },
  {
    what: "a claim that has lost its volume",
    volume: named,
    claims: [claim("c", { spec: { volumeName: "pv" }, status: { phase: "Lost" } })],
    is: 'persistentvolumeclaim "c" bound to non-existent persistentvolume "pv".',
  },
  {
    what: "a claim that is being deleted",
    volume: named,
    claims: [claim("c", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })],
    is: 'persistentvolumeclaim "c" is being deleted.',
  },
  {
    what: "a claim that names its volume, which only the controller binds",
    volume: named,
    claims: [claim("c", { spec: { volumeName: "pv" } })],
    is: "pod has unbound immediate PersistentVolumeClaims.",
  },
  {
    what: "a claim without a class",
    volume: named,
    claims: [claim("c", { spec: { storageClassName: "" } })],
    is: "pod has unbound immediate PersistentVolumeClaims.",
  },
])("a Pod with $what", ({ volume, claims, is }) => {
  expect(place(pod("p", [volume]), claims)).toBe(is);
});

const gce = (pdName: string, readOnly = false): Volume => ({ name: "d", gcePersistentDisk: { pdName, readOnly } });
const aws = (volumeID: string, readOnly = false): Volume => ({
  name: "d",
  awsElasticBlockStore: { volumeID, readOnly },
});
const iscsi = (iqn: string, lun: number, readOnly = false): Volume => ({
  name: "d",
  iscsi: { targetPortal: "t", iqn, lun, readOnly },
});
const rbd = (monitors: string[], image: string, readOnly = false, pool = "p"): Volume => ({
  name: "d",
  rbd: { monitors, image, pool, readOnly } as NonNullable<Volume["rbd"]>,
});

test.each([
  [gce("x"), gce("x"), true],
  [gce("x"), gce("y"), false],
  [gce("x", true), gce("x"), true],
  [gce("x", true), gce("x", true), false],
  [aws("x", true), aws("x", true), true],
  [aws("x"), aws("y"), false],
  [iscsi("i", 0), iscsi("i", 1), true],
  [iscsi("i", 0, true), iscsi("i", 0, true), false],
  [iscsi("i", 0), iscsi("j", 0), false],
  [rbd(["a", "b"], "x"), rbd(["b", "c"], "x"), true],
  [rbd(["a"], "x"), rbd(["b"], "x"), false],
  [rbd(["a"], "x"), rbd(["a"], "y"), false],
  [rbd(["a"], "x"), rbd(["a"], "x", false, "q"), false],
  [rbd(["a"], "x", true), rbd(["a"], "x", true), false],
  [rbd(["a"], "x", true), rbd(["a"], "x"), true],
  [gce("x"), aws("x"), false],
])("beside %o the disk %o is in use: %s", (mounted, wanted, conflicts) => {
  const is = place(pod("p", [wanted]), [], [pod("q", [mounted])]);
  expect(is).toBe(conflicts ? "1 node(s) had no available disk." : "a");
});

const restarting = (action: string) => ({
  containers: [
    {
      name: "c",
      image: "i",
      resources: {},
      restartPolicyRules: [{ action, exitCodes: { operator: "In", values: [42] } }],
    },
  ],
});
const refused = "1 node(s) didn't match Pod's required features.";

test.each([
  { spec: restarting("RestartAllContainers"), declares: undefined, is: refused },
  { spec: restarting("RestartAllContainers"), declares: ["RestartAllContainersOnContainerExits"], is: "a" },
  { spec: restarting("Restart"), declares: undefined, is: "a" },
  { spec: { hostNetwork: true, hostUsers: false }, declares: ["Other"], is: refused },
  { spec: { hostNetwork: true }, declares: undefined, is: "a" },
])("a Pod of $spec on a node that declares $declares: $is", ({ spec, declares, is }) => {
  expect(place(pod("p", [], spec), [], [], declares)).toBe(is);
});

test.each([
  { what: "no driver says what there is", driver: undefined, capacities: [], is: "a" },
  { what: "the driver does not say", driver: false, capacities: [], is: "a" },
  { what: "nothing is known", driver: true, capacities: [], is: "no" },
  { what: "there is enough", driver: true, capacities: [{ capacity: "1Gi" }], is: "a" },
  { what: "there is too little", driver: true, capacities: [{ capacity: "1Mi" }], is: "no" },
  {
    what: "volumes are too small",
    driver: true,
    capacities: [{ capacity: "9Gi", maximumVolumeSize: "1Mi" }],
    is: "no",
  },
  { what: "it is of another class", driver: true, capacities: [{ capacity: "1Gi", storageClassName: "x" }], is: "no" },
  {
    what: "it is elsewhere",
    driver: true,
    capacities: [{ capacity: "1Gi", nodeTopology: { matchLabels: { z: "2" } } }],
    is: "no",
  },
  { what: "it is nowhere", driver: true, capacities: [{ capacity: "1Gi", nodeTopology: undefined }], is: "no" },
])("a volume is to be made and $what", ({ driver, capacities, is }) => {
  const known = capacities.map((one) => ({ metadata: {}, storageClassName: "later", nodeTopology: {}, ...one }));
  const wanted = claim("c", { spec: { resources: { requests: { storage: "1Gi" } } } });
  const because = "1 node(s) did not have enough free storage.";
  expect(
    place(pod("p", [named]), [wanted], [], undefined, {
      csiDriver: (name) =>
        driver === undefined ? undefined : { metadata: { name }, spec: { storageCapacity: driver } },
      csiStorageCapacities: () => known,
    }),
  ).toBe(is === "a" ? "a" : because);
});

test("a node is refused for all that is wrong with it", () => {
  const bound = claim("b", {
    metadata: { annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
    spec: { volumeName: "gone" },
  });
  const elsewhere = claim("c", { metadata: { annotations: { "volume.kubernetes.io/selected-node": "b" } } });
  const volumes = ["b", "c"].map((name): Volume => ({ name, persistentVolumeClaim: { claimName: name } }));
  expect(place(pod("p", volumes), [bound, elsewhere])).toBe(
    "1 node(s) didn't find available persistent volumes to bind, 1 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s).",
  );
});
