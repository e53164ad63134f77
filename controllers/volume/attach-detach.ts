import { createHash } from "node:crypto";
import {
  type Action,
  defineController,
  type Key,
  keyOf,
  type Lister,
  mapping,
  type ReconcileContext,
} from "../../client/index.ts";
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from "../../openapi/api/core.v1.ts";
import type { CSIDriver, VolumeAttachment } from "../../openapi/api/storage.k8s.io.v1.ts";
import { deepEqual } from "../equality.ts";
import { CLAIMS, claimKeysOf, isTerminated, VOLUMES, type Volume } from "./claims.ts";

const ATTACHMENTS = "storage.k8s.io/v1/volumeattachments";
const DRIVERS = "storage.k8s.io/v1/csidrivers";
const BY_NODE = "nodeName";
const BY_VOLUME = "persistentVolume";
/** How long an unhealthy node may keep what nobody wants. (ReconcilerMaxWaitForUnmountDuration) */
const LONGEST_UNMOUNT_MS = 6 * 60_000;
/** How often it is looked whether it is mounted no more. */
const LOOK_AGAIN_MS = 10_000;
const EXCLUSIVE = ["ReadWriteOnce", "ReadWriteOncePod"];

interface Listers {
  nodes: Lister<Node>;
  pods: Lister<Pod>;
  claims: Lister<PersistentVolumeClaim>;
  volumes: Lister<PersistentVolume>;
  drivers: Lister<CSIDriver>;
  attachments: Lister<VolumeAttachment>;
  /** Which node a volume was last given to: the attachment may not be seen yet. */
  given: Map<string, string>;
}

/** Whether a node's agent leaves attaching to the controller. */
const isManaged = ({ metadata }: Readonly<Node>): boolean =>
  metadata.annotations?.["volumes.kubernetes.io/controller-managed-attach-detach"] !== undefined;

/** As the node's status names a volume. */
const uniqueName = ({ driver, volumeHandle }: { driver: string; volumeHandle: string }): string =>
  `kubernetes.io/csi/${driver}^${volumeHandle}`;

/** (getAttachmentName of pkg/volume/csi) */
function attachmentName(handle: string, driver: string, node: string): string {
  return `csi-${createHash("sha256").update(`${handle}${driver}${node}`).digest("hex")}`;
}

/**
 * Asks CSI drivers to attach what Pods of a node use and to detach the rest, and says in the node's status what is
 * attached. Only CSI volumes are attached to nodes any more. Follows pkg/controller/volume/attachdetach.
 */
export function reconcile(nodeName: Key, listers: Listers, { now }: Pick<ReconcileContext, "now">): Action[] {
  const { nodes, attachments, volumes } = listers;
  const node = nodes.get(nodeName);
  const existing = attachments.by(BY_NODE, nodeName);
  const wanted = node && isManaged(node) ? wantedOn(nodeName, listers) : new Map<string, Wanted>();
  const actions: Action[] = [];
  const reported = new Set<string>();
  for (const { volume, pods } of wanted.values()) {
    const csi = volume.spec.csi;
    if (!csi) continue;
    const name = attachmentName(csi.volumeHandle, csi.driver, nodeName);
    const known = attachments.get(name);
    if (known?.status?.attached && !known.metadata.deletionTimestamp) {
      reported.add(uniqueName(csi));
      const isNews = !node?.status.volumesAttached?.some((one) => one.name === uniqueName(csi));
      if (isNews)
        actions.push(
          ...tell(
            pods,
            "Normal",
            "SuccessfulAttachVolume",
            `AttachVolume.Attach succeeded for volume "${volume.metadata.name}" `,
          ),
        );
    }
    if (known) {
      const problem = known.status?.attachError?.message;
      if (problem)
        actions.push(
          ...tell(
            pods,
            "Warning",
            "FailedAttachVolume",
            `AttachVolume.Attach failed for volume "${volume.metadata.name}" : ${problem}`,
          ),
        );
      continue;
    }
    const conflict = conflictOf(volume, nodeName, listers);
    if (conflict) {
      actions.push(
        ...tell(
          pods,
          "Warning",
          "FailedAttachVolume",
          `Multi-Attach error for volume "${volume.metadata.name}" ${conflict}`,
        ),
      );
      actions.push({ do: "requeue", afterMs: LOOK_AGAIN_MS });
      continue;
    }
    listers.given.set(volume.metadata.name ?? "", nodeName);
    actions.push({ do: "create", resource: ATTACHMENTS, object: attachmentOf(name, csi.driver, nodeName, volume) });
  }
  for (const attachment of existing) {
    const volume = volumes.get(attachment.spec.source.persistentVolumeName ?? "");
    const csi = volume?.spec.csi;
    if (!csi || wanted.has(uniqueName(csi))) continue;
    const isMounted = !!node?.status.volumesInUse?.includes(uniqueName(csi));
    if (node && isMounted && isTrusted(node, now)) {
      if (attachment.status?.attached) reported.add(uniqueName(csi));
      actions.push({ do: "requeue", afterMs: LOOK_AGAIN_MS });
    } else if (!attachment.metadata.deletionTimestamp) {
      actions.push({ do: "delete", resource: ATTACHMENTS, object: attachment });
    }
  }
  return [...(node ? statusOf(node, reported) : []), ...actions];
}

interface Wanted {
  volume: Volume;
  pods: Readonly<Pod>[];
}

/** What Pods of a node use, by unique name. */
function wantedOn(nodeName: string, { pods, claims, volumes, drivers }: Listers): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const pod of pods.by(BY_NODE, nodeName)) {
    if (isTerminated(pod)) continue;
    for (const key of claimKeysOf(pod)) {
      const claim = claims.get(key);
      const volume = claim?.status.phase === "Bound" ? volumes.get(claim.spec.volumeName ?? "") : undefined;
      const csi = volume?.spec.csi;
      if (!volume || !csi || drivers.get(csi.driver)?.spec.attachRequired === false) continue;
      const entry = wanted.get(uniqueName(csi)) ?? { volume, pods: [] };
      entry.pods.push(pod);
      wanted.set(uniqueName(csi), entry);
    }
  }
  return wanted;
}

/** A volume for one node stays where it is until it is detached there. */
function conflictOf({ metadata, spec }: Volume, nodeName: string, listers: Listers) {
  if (!spec.accessModes?.every((mode) => EXCLUSIVE.includes(mode))) return undefined;
  const { attachments, pods, claims, given } = listers;
  const name = metadata.name ?? "";
  const key = `${spec.claimRef?.namespace}/${spec.claimRef?.name}`;
  const usersOn = (node: string) =>
    pods
      .by(BY_NODE, node)
      .filter((pod) => claims.get(key) && claimKeysOf(pod).includes(key))
      .map((pod) => pod.metadata.name);
  const other = attachments.by(BY_VOLUME, name).find((one) => one.spec.nodeName !== nodeName)?.spec.nodeName;
  const last = given.get(name);
  // Another node's that is not seen yet counts as long as somebody there wants it.
  const isGiven = last !== undefined && last !== nodeName && usersOn(last).length > 0;
  const holder = other ?? (isGiven ? last : undefined);
  if (holder === undefined) return undefined;
  const users = usersOn(holder);
  return users.length
    ? `Volume is already used by pod(s) ${users.join(", ")}`
    : "Volume is already exclusively attached to one node and can't be attached to another";
}

function attachmentOf(name: string, attacher: string, nodeName: string, { metadata }: Volume) {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata: { name },
    spec: { attacher, nodeName, source: { persistentVolumeName: metadata.name } },
  };
}

/** Whether what a node has mounted must be waited for: not when it is out of service, or has been unhealthy for long. */
function isTrusted({ spec, status }: Readonly<Node>, now: Date): boolean {
  if (spec.taints?.some(({ key }) => key === "node.kubernetes.io/out-of-service")) return false;
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  if (!ready || ready.status === "True") return true;
  return now.getTime() - Date.parse(ready.lastTransitionTime ?? now.toISOString()) < LONGEST_UNMOUNT_MS;
}

/** What is attached as the node's status says it: kubelet waits for it before it mounts. (updateNodeStatuses) */
function statusOf(node: Readonly<Node>, reported: ReadonlySet<string>): Action[] {
  const volumesAttached = [...reported].sort().map((name) => ({ name, devicePath: "" }));
  const names = (list: readonly { name?: string }[] = []) => list.map(({ name }) => name).sort();
  if (deepEqual(names(volumesAttached), names(node.status.volumesAttached))) return [];
  const patch = { status: { volumesAttached: volumesAttached.length ? volumesAttached : null } };
  return [{ do: "patch", resource: "v1/nodes", object: node, type: "merge", patch, subresource: "status" }];
}

const tell = (pods: readonly Readonly<Pod>[], type: "Normal" | "Warning", reason: string, message: string): Action[] =>
  pods.map((about) => ({ do: "event", about, type, reason, message }));

export const attachDetachController = defineController<Listers>({
  name: "persistentvolume-attach-detach-controller",
  eventSource: "attachdetach-controller",
  watches: {
    maps: [
      mapping("v1/pods", (pod) => (pod.spec.nodeName && claimKeysOf(pod).length ? [pod.spec.nodeName] : [])),
      mapping(ATTACHMENTS, ({ spec }) => [spec.nodeName]),
      mapping("v1/nodes", (node, { attachments }: Listers, old) =>
        attachments.by(BY_NODE, node.metadata.name ?? "").length || isManaged(node) !== (!!old && isManaged(old))
          ? [node.metadata.name ?? ""]
          : [],
      ),
      mapping(CLAIMS, (claim, { pods }: Listers, old) =>
        claim.status.phase === old?.status.phase
          ? []
          : pods
              .byNamespace(claim.metadata.namespace ?? "")
              .filter((pod) => claimKeysOf(pod).includes(keyOf(claim)))
              .flatMap(({ spec }) => spec.nodeName ?? []),
      ),
    ],
  },
  listers: (get) => ({
    nodes: get("v1/nodes"),
    pods: get("v1/pods", { [BY_NODE]: ({ spec }) => (spec.nodeName ? [spec.nodeName] : []) }),
    claims: get(CLAIMS),
    volumes: get(VOLUMES),
    drivers: get(DRIVERS),
    given: new Map(),
    attachments: get(ATTACHMENTS, {
      [BY_NODE]: ({ spec }) => [spec.nodeName],
      [BY_VOLUME]: ({ spec }) => [spec.source.persistentVolumeName ?? ""],
    }),
  }),
  reconcile,
});
