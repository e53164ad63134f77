import { expect, test } from "vitest";
import type { Lister } from "../../client/index.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../../openapi/api/core.v1.ts";
import type { StorageClass } from "../../openapi/api/storage.k8s.io.v1.ts";
import { Simulation } from "../simulation.ts";
import { CLAIMS, CLASSES, VOLUMES } from "./claims.ts";
import { reconcile as reconcileExpansion } from "./expand.ts";
import { reconcile, SIMULATED_PROVISIONER } from "./simulated-provisioner.ts";

function cluster(mode: string, annotations: Record<string, string> = {}) {
  const sim = new Simulation();
  const claims: Lister<PersistentVolumeClaim> = sim.store(CLAIMS);
  const volumes: Lister<PersistentVolume> = sim.store(VOLUMES);
  const classes: Lister<StorageClass> = sim.store(CLASSES);
  sim.put(CLASSES, { metadata: { name: "standard" }, provisioner: SIMULATED_PROVISIONER, volumeBindingMode: mode });
  const claim = sim.put(CLAIMS, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name: "c",
      namespace: "ns",
      uid: "u",
      annotations: { "volume.kubernetes.io/storage-provisioner": SIMULATED_PROVISIONER, ...annotations },
    },
    spec: { accessModes: ["ReadWriteOnce"], storageClassName: "standard", resources: { requests: { storage: "1Gi" } } },
    status: { phase: "Pending" },
  });
  const sync = (key: string) => sim.run(reconcile(key, { claims, volumes, classes }));
  return { sim, claims, volumes, claim, sync };
}

test.each<{ mode: string; annotations: Record<string, string>; made: boolean; affine: boolean }>([
  { mode: "Immediate", annotations: {}, made: true, affine: false },
  { mode: "WaitForFirstConsumer", annotations: {}, made: false, affine: false },
  {
    mode: "WaitForFirstConsumer",
    annotations: { "volume.kubernetes.io/selected-node": "n" },
    made: true,
    affine: true,
  },
])(
  "a volume is made ($made) for a class that binds $mode, with $annotations",
  ({ mode, annotations, made, affine }) => {
    const { sim, volumes, sync } = cluster(mode, annotations);
    sync("claim:ns/c");
    sync("claim:ns/c");
    const volume = volumes.get("pvc-u");
    expect([volumes.list().length, !!volume?.spec.nodeAffinity]).toEqual([made ? 1 : 0, affine]);
    if (!made) return;
    expect(volume?.spec).toMatchObject({ capacity: { storage: "1Gi" }, claimRef: { name: "c", uid: "u" } });
    expect(sim.events).toEqual([
      'Normal Provisioning External provisioner is provisioning volume for claim "ns/c"',
      "Normal ProvisioningSucceeded Successfully provisioned volume pvc-u",
    ]);
  },
);

test("a volume goes when it is released, and only then", () => {
  const { sim, volumes, sync } = cluster("Immediate");
  sync("claim:ns/c");
  sync("volume:pvc-u");
  const volume = volumes.get("pvc-u") as PersistentVolume;
  sim.put(VOLUMES, { ...volume, status: { phase: "Released" } });
  sync("volume:pvc-u");
  expect(volumes.list()).toEqual([]);
});

test("a claim that asks for more gets it; whoever looks for a plugin in tree is told to wait", () => {
  const { sim, claims, volumes, claim, sync } = cluster("Immediate");
  sync("claim:ns/c");
  const spec = { ...claim.spec, volumeName: "pvc-u", resources: { requests: { storage: "2Gi" } } };
  sim.put(CLAIMS, { ...claim, spec, status: { phase: "Bound", capacity: { storage: "1Gi" } } });
  sim.run(reconcileExpansion("ns/c", { claims, volumes }));
  sync("claim:ns/c");
  expect(claims.get("ns/c")?.status.capacity).toEqual({ storage: "2Gi" });
  expect(volumes.get("pvc-u")?.spec.capacity).toEqual({ storage: "2Gi" });
  expect(sim.events.slice(-3)).toEqual([
    "Warning ExternalExpanding waiting for an external controller to expand this PVC",
    "Normal Resizing External resizer is resizing volume pvc-u",
    "Normal VolumeResizeSuccessful Resize volume succeeded",
  ]);
  expect(reconcileExpansion("ns/c", { claims, volumes })).toEqual([]);
});
