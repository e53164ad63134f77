import { expect, test } from "vitest";
import type { Lister } from "../../client/index.ts";
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from "../../openapi/api/core.v1.ts";
import type { CSIDriver, VolumeAttachment } from "../../openapi/api/storage.k8s.io.v1.ts";
import { Simulation } from "../simulation.ts";
import { reconcile } from "./attach-detach.ts";
import { CLAIMS, VOLUMES } from "./claims.ts";

const ATTACHMENTS = "storage.k8s.io/v1/volumeattachments";
const HANDLE = "kubernetes.io/csi/disk.example.com^h";

function cluster(volume: object = {}, attachRequired = true) {
  const sim = new Simulation();
  const podStore = sim.store("v1/pods");
  const attachmentStore = sim.store(ATTACHMENTS);
  // The stores are typed by resource; the indexes only ever see objects of theirs.
  podStore.addIndex("nodeName", (({ spec }: Pod) => [spec.nodeName ?? ""]) as never);
  attachmentStore.addIndex("nodeName", (({ spec }: VolumeAttachment) => [spec.nodeName]) as never);
  attachmentStore.addIndex("persistentVolume", (({ spec }: VolumeAttachment) => [
    spec.source.persistentVolumeName,
  ]) as never);
  const listers = {
    nodes: sim.store("v1/nodes") as Lister<Node>,
    pods: podStore as Lister<Pod>,
    claims: sim.store(CLAIMS) as Lister<PersistentVolumeClaim>,
    volumes: sim.store(VOLUMES) as Lister<PersistentVolume>,
    drivers: sim.store("storage.k8s.io/v1/csidrivers") as Lister<CSIDriver>,
    attachments: attachmentStore as Lister<VolumeAttachment>,
    given: new Map<string, string>(),
  };
  const annotations = { "volumes.kubernetes.io/controller-managed-attach-detach": "true" };
  for (const name of ["a", "b"])
    sim.put("v1/nodes", { metadata: { name, annotations }, spec: {}, status: {} } as never);
  sim.put("v1/nodes", { metadata: { name: "unmanaged" }, spec: {}, status: {} } as never);
  sim.put("storage.k8s.io/v1/csidrivers", { metadata: { name: "disk.example.com" }, spec: { attachRequired } });
  sim.put(VOLUMES, {
    metadata: { name: "v" },
    spec: {
      csi: { driver: "disk.example.com", volumeHandle: "h" },
      accessModes: ["ReadWriteOnce"],
      claimRef: { namespace: "ns", name: "c" },
      ...volume,
    },
    status: { phase: "Bound" },
  });
  sim.put(CLAIMS, {
    metadata: { name: "c", namespace: "ns" },
    spec: { volumeName: "v", resources: {} },
    status: { phase: "Bound" },
  });
  const pod = (name: string, nodeName: string) =>
    sim.put("v1/pods", {
      metadata: { name, namespace: "ns" },
      spec: { nodeName, volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] },
      status: {},
    });
  const attach = () => {
    for (const one of listers.attachments.list()) sim.put(ATTACHMENTS, { ...one, status: { attached: true } });
  };
  const use = (name: string, volumesInUse: string[]) => {
    const node = listers.nodes.get(name) as Node;
    sim.put("v1/nodes", { ...node, status: { ...node.status, volumesInUse } });
  };
  const sync = (node: string) => void sim.run(reconcile(node, listers, { now: sim.now }));
  return { sim, ...listers, pod, attach, use, sync };
}

test("a volume is attached where its Pod is, and the node says so once the driver has", () => {
  const { sim, attachments, nodes, pod, attach, sync } = cluster();
  pod("p", "a");
  sync("a");
  const [made] = attachments.list();
  expect(made?.metadata.name).toMatch(/^csi-[0-9a-f]{64}$/);
  const source = { persistentVolumeName: "v" };
  expect(made?.spec).toEqual({ attacher: "disk.example.com", nodeName: "a", source });
  expect(nodes.get("a")?.status.volumesAttached).toBeUndefined();
  attach();
  sync("a");
  expect(nodes.get("a")?.status.volumesAttached).toEqual([{ name: HANDLE, devicePath: "" }]);
  expect(sim.events).toEqual(['Normal SuccessfulAttachVolume AttachVolume.Attach succeeded for volume "v" ']);
});

test("a volume is detached when no Pod wants it and the node has let it go", () => {
  const { sim, attachments, nodes, pod, attach, use, sync } = cluster();
  pod("p", "a");
  sync("a");
  attach();
  sync("a");
  use("a", [HANDLE]);
  sim.store("v1/pods").delete("ns/p");
  sync("a");
  expect(attachments.list()).toHaveLength(1);
  expect(nodes.get("a")?.status.volumesAttached).toHaveLength(1);
  use("a", []);
  sync("a");
  expect(attachments.list()).toEqual([]);
  sync("a");
  expect(nodes.get("a")?.status.volumesAttached).toBeUndefined();
});

test.each([
  { modes: ["ReadWriteOnce"], count: 1 },
  { modes: ["ReadWriteMany"], count: 2 },
])("a volume with $modes is on $count of two nodes", ({ modes, count }) => {
  const { sim, attachments, pod, sync } = cluster({ accessModes: modes });
  pod("p", "a");
  sync("a");
  pod("q", "b");
  sync("b");
  expect(attachments.list()).toHaveLength(count);
  const told = 'Warning FailedAttachVolume Multi-Attach error for volume "v" Volume is already used by pod(s) p';
  expect(sim.events).toEqual(count === 1 ? [told] : []);
});

test("a driver that attaches nothing is not asked", () => {
  const { attachments, pod, sync } = cluster({}, false);
  pod("p", "a");
  sync("a");
  expect(attachments.list()).toEqual([]);
});

test("what a node that is out of service has mounted is detached all the same", () => {
  const { sim, attachments, nodes, pod, attach, use, sync } = cluster();
  pod("p", "a");
  sync("a");
  attach();
  use("a", [HANDLE]);
  sim.store("v1/pods").delete("ns/p");
  sync("a");
  expect(attachments.list()).toHaveLength(1);
  const node = nodes.get("a") as Node;
  const taints = [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }];
  sim.put("v1/nodes", { ...node, spec: { ...node.spec, taints } });
  sync("a");
  expect(attachments.list()).toEqual([]);
});

test("a node whose agent attaches by itself is left alone", () => {
  const { pod, sync, attachments } = cluster();
  pod("p", "unmanaged");
  sync("unmanaged");
  expect(attachments.list()).toEqual([]);
});

test("a volume that is being attached to one node is not given to another before that is seen", () => {
  const { sim, pod, sync, attachments } = cluster();
  pod("p", "a");
  pod("q", "b");
  sync("a");
  for (const one of attachments.list()) sim.store(ATTACHMENTS).delete(one.metadata.name ?? "");
  sync("b");
  expect(attachments.list()).toEqual([]);
  expect(sim.events.at(-1)).toContain("Volume is already used by pod(s) p");
});
