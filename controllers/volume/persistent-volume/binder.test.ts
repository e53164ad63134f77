import { expect, test } from "vitest";
import { type Lister, listerOf } from "../../../client/index.ts";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../../openapi/api/core.v1.ts";
import type { StorageClass } from "../../../openapi/api/storage.k8s.io.v1.ts";
import { Simulation } from "../../simulation.ts";
import { CLAIMS, CLASSES, claimKeysOf, PODS_BY_CLAIM, VOLUMES } from "../claims.ts";
import { persistentVolumeBinderController, reconcile } from "./binder.ts";
import { claimIndexes, volumeIndexes } from "./match.ts";

function cluster() {
  const sim = new Simulation();
  const claimStore = sim.store(CLAIMS);
  const volumeStore = sim.store(VOLUMES);
  const podStore = sim.store("v1/pods");
  // A store takes any object; its lister knows of which kind they are.
  const claims: Lister<PersistentVolumeClaim> & Pick<typeof claimStore, "delete"> = claimStore;
  const volumes: Lister<PersistentVolume> & Pick<typeof volumeStore, "delete"> = volumeStore;
  const pods: Lister<Pod> = podStore;
  const classes: Lister<StorageClass> = sim.store(CLASSES);
  for (const [name, index] of Object.entries(claimIndexes)) claimStore.addIndex(name, index as never);
  for (const [name, index] of Object.entries(volumeIndexes)) volumeStore.addIndex(name, index as never);
  podStore.addIndex(PODS_BY_CLAIM, claimKeysOf as never);
  const volume = (name: string, storage: string, spec: object = {}, metadata: object = {}) =>
    sim.put(VOLUMES, {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name, ...metadata },
      spec: {
        capacity: { storage },
        accessModes: ["ReadWriteOnce"],
        storageClassName: "manual",
        persistentVolumeReclaimPolicy: "Retain",
        hostPath: { path: `/tmp/${name}` },
        ...spec,
      },
      status: { phase: "Pending" },
    });
  const claim = (name: string, storage: string, spec: object = {}, metadata: object = {}) =>
    sim.put(CLAIMS, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace: "ns", ...metadata },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "manual",
        resources: { requests: { storage } },
        ...spec,
      },
      status: { phase: "Pending" },
    });
  const storageClass = (name: string, provisioner: string, mode: string, annotations = {}) =>
    sim.put(CLASSES, { metadata: { name, annotations }, provisioner, volumeBindingMode: mode });
  const handedOver = new Map<string, string>();
  const errors: unknown[] = [];
  const sync = (key: string) => {
    const error = sim.run(reconcile(key, { claims, volumes, classes, pods, handedOver }));
    if (error) errors.push(error);
  };
  const settle = () => {
    for (let i = 0; i < 20; i++) {
      const before = sim.writes.length;
      for (const { metadata } of volumes.list()) sync(`volume:${metadata.name}`);
      for (const { metadata } of claims.list()) sync(`claim:ns/${metadata.name}`);
      if (sim.writes.length === before) return;
    }
    throw new Error("does not settle");
  };
  const phases = () =>
    [...volumes.list(), ...claims.list()].map(({ metadata, status }) => `${metadata.name} ${status.phase}`).sort();
  return { sim, volume, claim, storageClass, settle, sync, phases, claims, volumes, pods, classes, errors, handedOver };
}

test("a claim gets the smallest volume that is large enough, and both say so", () => {
  const { volume, claim, settle, claims, volumes, phases } = cluster();
  volume("small", "1Gi");
  volume("huge", "9Gi");
  volume("big", "5Gi");
  settle();
  claim("c", "2Gi");
  settle();
  expect(phases()).toEqual(["big Bound", "c Bound", "huge Available", "small Available"]);
  expect(claims.get("ns/c")).toMatchObject({
    metadata: {
      annotations: { "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes" },
    },
    spec: { volumeName: "big" },
    status: { phase: "Bound", capacity: { storage: "5Gi" }, accessModes: ["ReadWriteOnce"] },
  });
  expect(volumes.get("big")).toMatchObject({
    metadata: { annotations: { "pv.kubernetes.io/bound-by-controller": "yes" } },
    spec: { claimRef: { name: "c", namespace: "ns", kind: "PersistentVolumeClaim" } },
  });
});

test.each([
  { why: "another class", spec: { storageClassName: "other" } },
  { why: "another mode", spec: { volumeMode: "Block" } },
  { why: "another access mode", spec: { accessModes: ["ReadWriteMany"] } },
  { why: "a selector", spec: { selector: { matchLabels: { a: "b" } } } },
  { why: "attributes", spec: { volumeAttributesClassName: "gold" } },
])("a volume that differs by $why is left alone", ({ spec }) => {
  const { volume, claim, settle, phases } = cluster();
  volume("v", "1Gi");
  settle();
  claim("c", "1Gi", spec);
  settle();
  expect(phases()).toEqual(["c Pending", "v Available"]);
});

const WAITING = "waiting for first consumer to be created before binding";
test.each([
  {
    spec: { storageClassName: undefined },
    told: "Normal FailedBinding no persistent volumes available for this claim and no storage class is set",
  },
  { spec: {}, told: 'Warning ProvisioningFailed storageclass.storage.k8s.io "manual" not found' },
  { spec: { storageClassName: "late" }, told: `Normal WaitForFirstConsumer ${WAITING}` },
  {
    spec: { storageClassName: "none" },
    told: "Warning ProvisioningFailed no volume plugin matched name: kubernetes.io/no-provisioner",
  },
  {
    spec: { volumeName: "small" },
    told: 'Warning VolumeMismatch Cannot bind to requested volume "small": requested PV is too small',
  },
  { spec: { volumeName: "taken" }, told: 'Warning FailedBinding volume "taken" already bound to a different claim.' },
])("a claim that must wait says why: $told", ({ spec, told }) => {
  const { sim, volume, claim, storageClass, settle } = cluster();
  storageClass("late", "kubernetes.io/no-provisioner", "WaitForFirstConsumer");
  storageClass("none", "kubernetes.io/no-provisioner", "Immediate");
  volume("small", "1Gi");
  volume("taken", "9Gi", { claimRef: { name: "other", namespace: "ns" } });
  claim("c", "2Gi", spec);
  settle();
  expect(new Set(sim.events)).toEqual(new Set([told]));
});

test("a delayed claim names the Pod it waits for, and is provisioned once its node is chosen", () => {
  const { sim, claim, storageClass, settle, claims } = cluster();
  storageClass("late", "example.com/disk", "WaitForFirstConsumer");
  claim("c", "1Gi", { storageClassName: "late" });
  sim.put("v1/pods", {
    metadata: { name: "p", namespace: "ns" },
    spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] },
    status: {},
  });
  settle();
  expect(sim.events).toContain("Normal WaitForPodScheduled waiting for pod p to be scheduled");
  const waiting = claims.get("ns/c") as PersistentVolumeClaim;
  const annotations = { "volume.kubernetes.io/selected-node": "n" };
  sim.put(CLAIMS, { ...waiting, metadata: { ...waiting.metadata, annotations } });
  settle();
  expect(sim.events.at(-1)).toContain(
    "Waiting for a volume to be created either by the external provisioner 'example.com/disk'",
  );
  expect(claims.get("ns/c")?.metadata.annotations).toMatchObject({
    "volume.kubernetes.io/storage-provisioner": "example.com/disk",
    "volume.beta.kubernetes.io/storage-provisioner": "example.com/disk",
  });
});

test("an in-tree provisioner is called by its driver's name", () => {
  const { claim, storageClass, settle, claims } = cluster();
  storageClass("cloud", "kubernetes.io/aws-ebs", "Immediate");
  claim("c", "1Gi", { storageClassName: "cloud" });
  settle();
  expect(claims.get("ns/c")?.metadata.annotations?.["volume.kubernetes.io/storage-provisioner"]).toBe(
    "ebs.csi.aws.com",
  );
});

test("a claim without a class takes the default one as soon as there is one", () => {
  const { claim, storageClass, settle, claims } = cluster();
  claim("c", "1Gi", { storageClassName: undefined });
  settle();
  storageClass("standard", "example.com/disk", "Immediate", { "storageclass.kubernetes.io/is-default-class": "true" });
  settle();
  expect(claims.get("ns/c")?.spec.storageClassName).toBe("standard");
});

test.each([
  { policy: "Retain", spec: {}, phases: ["v Released"], events: [] },
  { policy: "Delete", spec: {}, phases: [], events: [] },
  {
    policy: "Delete",
    spec: { hostPath: { path: "/var/x" } },
    phases: ["v Failed"],
    events: ["Warning VolumeFailedDelete host_path deleter only supports /tmp/.+ but received provided /var/x"],
  },
  {
    policy: "Delete",
    spec: { hostPath: undefined, nfs: { server: "s", path: "/" } },
    phases: ["v Failed"],
    events: [
      'Warning VolumeFailedDelete error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
    ],
  },
  {
    policy: "Recycle",
    spec: { hostPath: undefined, local: { path: "/" } },
    phases: ["v Failed"],
    events: ["Warning VolumeFailedRecycle No recycler plugin found for the volume!"],
  },
  {
    policy: "Delete",
    spec: { hostPath: undefined, csi: { driver: "d", volumeHandle: "h" } },
    phases: ["v Released"],
    events: [],
  },
])(
  "a released volume is kept, deleted or failed by its policy: $policy $phases",
  ({ policy, spec, phases: wanted, events }) => {
    const { sim, volume, claim, settle, sync, claims, phases } = cluster();
    volume("v", "1Gi", { persistentVolumeReclaimPolicy: policy, ...spec });
    settle();
    claim("c", "1Gi");
    settle();
    claims.delete("ns/c");
    sync("claim:ns/c");
    settle();
    expect(phases()).toEqual(wanted);
    expect(sim.events).toEqual(events);
  },
);

test("a recycled volume is emptied by a Pod and available again", () => {
  const { sim, volume, claim, settle, sync, claims, pods, phases } = cluster();
  volume("v", "3Gi", { persistentVolumeReclaimPolicy: "Recycle" });
  settle();
  claim("c", "1Gi");
  settle();
  claims.delete("ns/c");
  sync("claim:ns/c");
  const pod = pods.get("default/recycler-for-v");
  expect(pod?.spec).toMatchObject({ activeDeadlineSeconds: 90, volumes: [{ hostPath: { path: "/tmp/v" } }] });
  sim.put("v1/pods", { ...pod, metadata: { ...pod?.metadata }, status: { phase: "Succeeded" } });
  settle();
  expect(phases()).toEqual(["v Available"]);
  expect(sim.events).toEqual(["Normal VolumeRecycled Volume recycled"]);
});

test("a bound claim whose volume is gone is lost", () => {
  const { sim, volume, claim, settle, sync, volumes, phases } = cluster();
  volume("v", "1Gi");
  settle();
  claim("c", "1Gi");
  settle();
  volumes.delete("v");
  sync("volume:v");
  settle();
  expect(phases()).toEqual(["c Lost"]);
  expect(sim.events).toEqual([
    "Warning ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost!",
  ]);
});

test("a volume is not given up because of a cache that is behind", () => {
  const { sim, volume, volumes, pods, classes } = cluster();
  volume("v", "1Gi", { persistentVolumeReclaimPolicy: "Delete", claimRef: { namespace: "ns", name: "c", uid: "u" } });
  sim.put(CLAIMS, {
    metadata: { name: "c", namespace: "ns", uid: "u" },
    spec: { volumeName: "v", resources: {} },
    status: { phase: "Pending" },
  });
  sim.run(
    reconcile("volume:v", {
      claims: listerOf<PersistentVolumeClaim>([]),
      volumes,
      classes,
      pods,
      handedOver: new Map(),
    }),
  );
  expect(volumes.get("v")?.status.phase).toBe("Bound");
});

test("a volume that another claim's binding took by mistake is open again", () => {
  const { volume, claim, settle, volumes, sim } = cluster();
  volume("mine", "1Gi");
  settle();
  const bound = claim("c", "1Gi");
  settle();
  volume(
    "extra",
    "1Gi",
    { claimRef: { name: "c", namespace: "ns", uid: bound.metadata.uid } },
    {
      annotations: { "pv.kubernetes.io/bound-by-controller": "yes" },
    },
  );
  settle();
  expect(volumes.get("extra")).toMatchObject({ status: { phase: "Available" } });
  expect(volumes.get("extra")?.spec.claimRef).toBeUndefined();
  expect(sim.events).toEqual([]);
});

test("what is written when a claim is handed over to its provisioner is no news", () => {
  const { claim, claims, storageClass, pods, sim, sync, handedOver, volumes, classes } = cluster();
  storageClass("fast", "example.com/p", "Immediate");
  claim("c", "1Gi", { storageClassName: "fast" });
  sync("claim:ns/c");
  expect(sim.events.filter((event) => event.includes("ExternalProvisioning"))).toHaveLength(1);
  const keys = (old?: object) =>
    persistentVolumeBinderController.definition.watches.maps
      ?.filter(({ resource }) => resource === CLAIMS)
      .flatMap((map) => map.keys(claims.get("ns/c") as never, listers, old as never));
  const listers = { claims, volumes, classes, pods, handedOver };
  expect(keys({})).toEqual([]);
  expect(keys()).toEqual(["claim:ns/c"]);
  const written = claims.get("ns/c") as PersistentVolumeClaim;
  sim.put(CLAIMS, { ...written, metadata: { ...written.metadata, labels: { a: "b" } } });
  expect(keys({})).toEqual(["claim:ns/c"]);
});
