import type { PersistentVolume, Pod } from "../../../openapi/api/core.v1.ts";
import type { ResourceSlice } from "../../../openapi/api/resource.k8s.io.v1.ts";
import type { VolumeAttachment } from "../../../openapi/api/storage.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import type { ObjectWatch } from "../object-watch.ts";
import { podReferences, volumeSecretKeys } from "./pod-references.ts";

/** Things that may belong to a node, by resource name. */
export type RelatedResource =
  | "pods"
  | "secrets"
  | "configmaps"
  | "persistentvolumeclaims"
  | "persistentvolumes"
  | "resourceclaims"
  | "serviceaccounts"
  | "volumeattachments"
  | "resourceslices";

/**
 * A Pod's ties, as they were counted: the same are taken back when it goes. Not the Pod itself, which would stay in memory
 * parsed, with as much as it takes, for as long as it runs.
 */
interface Ties {
  readonly seen: Seen;
  readonly node: string;
  readonly keys: readonly string[];
}

/**
 * Which objects have to do with which node, through its Pods: `secret ← pod → node`, `pv ← pvc ← pod → node` and so on.
 * (plugin/pkg/auth/authorizer/node/graph.go; there a general graph, here one count per object and node)
 */
export class NodeGraph {
  /** `resource namespace/name` → node → how many of its Pods refer to it. */
  readonly #nodes = new Map<string, Map<string, number>>();
  readonly #pods = new Map<string, Ties>();
  /** Volume → its claim, and the secrets needed to mount it. */
  readonly #volumes = new Map<string, { claim: string; secrets: readonly string[] }>();
  /** Secret → volumes. */
  readonly #volumesOfSecret = new Map<string, Set<string>>();

  /** Cluster-scoped things have the namespace "". */
  isRelated(node: string, resource: RelatedResource, namespace: string, name: string): boolean {
    if (resource === "persistentvolumes") return this.#isVolumeRelated(node, name);
    const key = `${namespace}/${name}`;
    if (this.#has(`${resource} ${key}`, node)) return true;
    if (resource !== "secrets") return false;
    for (const volume of this.#volumesOfSecret.get(key) ?? []) if (this.#isVolumeRelated(node, volume)) return true;
    return false;
  }

  #isVolumeRelated(node: string, volume: string): boolean {
    const claim = this.#volumes.get(volume)?.claim;
    return claim !== undefined && this.#has(`persistentvolumeclaims ${claim}`, node);
  }

  #has(key: string, node: string): boolean {
    return (this.#nodes.get(key)?.get(node) ?? 0) > 0;
  }

  setPod(pod: Readonly<Pod>): void {
    const { namespace = "", name = "" } = pod.metadata;
    const id = `${namespace}/${name}`;
    const known = this.#pods.get(id);
    const node = pod.spec.nodeName ?? "";
    const seen = seenOf(pod);
    if (known && known.node === node && semanticEqual(known.seen, seen)) return;
    this.#untie(id);
    if (!node) return;
    const { secrets, configMaps, claims, resourceClaims, serviceAccount } = podReferences(pod);
    const of = (resource: RelatedResource, list: readonly string[]) =>
      list.map((each) => `${resource} ${namespace}/${each}`);
    const keys = [
      `pods ${id}`,
      ...of("secrets", secrets),
      ...of("configmaps", configMaps),
      ...of("persistentvolumeclaims", claims),
      ...of("resourceclaims", resourceClaims),
      ...of("serviceaccounts", serviceAccount ? [serviceAccount] : []),
    ];
    this.#pods.set(id, { seen, node, keys });
    for (const key of keys) this.#count(key, node, 1);
  }

  removePod({ metadata }: Readonly<Pod>): void {
    this.#untie(`${metadata.namespace ?? ""}/${metadata.name ?? ""}`);
  }

  #untie(id: string): void {
    const ties = this.#pods.get(id);
    if (!ties) return;
    this.#pods.delete(id);
    for (const key of ties.keys) this.#count(key, ties.node, -1);
  }

  #count(key: string, node: string, change: number): void {
    let nodes = this.#nodes.get(key);
    if (!nodes) {
      nodes = new Map();
      this.#nodes.set(key, nodes);
    }
    const count = (nodes.get(node) ?? 0) + change;
    if (count > 0) nodes.set(node, count);
    else nodes.delete(node);
    if (!nodes.size) this.#nodes.delete(key);
  }

  setVolume(volume: Readonly<PersistentVolume>): void {
    this.removeVolume(volume);
    const { claimRef } = volume.spec;
    if (!claimRef) return;
    const name = volume.metadata.name ?? "";
    const secrets = volumeSecretKeys(volume);
    this.#volumes.set(name, { claim: `${claimRef.namespace ?? ""}/${claimRef.name ?? ""}`, secrets });
    for (const secret of secrets) {
      const volumes = this.#volumesOfSecret.get(secret) ?? new Set();
      this.#volumesOfSecret.set(secret, volumes.add(name));
    }
  }

  removeVolume({ metadata }: Readonly<PersistentVolume>): void {
    const name = metadata.name ?? "";
    for (const secret of this.#volumes.get(name)?.secrets ?? []) {
      const volumes = this.#volumesOfSecret.get(secret);
      volumes?.delete(name);
      if (volumes?.size === 0) this.#volumesOfSecret.delete(secret);
    }
    this.#volumes.delete(name);
  }

  /** Of things that name their node themselves. An empty node takes the tie away. */
  setNodeOf(resource: "volumeattachments" | "resourceslices", name: string, node: string): void {
    const key = `${resource} /${name}`;
    this.#nodes.delete(key);
    if (node) this.#count(key, node, 1);
  }
}

/** What of a bound Pod may change its references while it runs; its status changes all the time. */
interface Seen {
  readonly uid: string | undefined;
  readonly ephemeralContainers: number;
  readonly claims: readonly unknown[];
}

function seenOf({ metadata, spec, status }: Readonly<Pod>): Seen {
  const { resourceClaimStatuses, extendedResourceClaimStatus } = status ?? {};
  return {
    uid: metadata.uid,
    ephemeralContainers: spec.ephemeralContainers?.length ?? 0,
    claims:
      resourceClaimStatuses || extendedResourceClaimStatus
        ? [resourceClaimStatuses, extendedResourceClaimStatus]
        : NONE,
  };
}

const NONE: readonly unknown[] = [];

/** Feeds a graph from the server's own watches. @returns stops it. */
export function followNodes(graph: NodeGraph, watch: ObjectWatch): () => void {
  const stops = [
    watch.watch<Pod>(
      { group: "", resource: "pods" },
      { set: (pod) => graph.setPod(pod), remove: (pod) => graph.removePod(pod) },
    ),
    watch.watch<PersistentVolume>(
      { group: "", resource: "persistentvolumes" },
      { set: (volume) => graph.setVolume(volume), remove: (volume) => graph.removeVolume(volume) },
    ),
    watch.watch<VolumeAttachment>(
      { group: "storage.k8s.io", resource: "volumeattachments" },
      {
        set: ({ metadata, spec }) => graph.setNodeOf("volumeattachments", metadata.name ?? "", spec.nodeName),
        remove: ({ metadata }) => graph.setNodeOf("volumeattachments", metadata.name ?? "", ""),
      },
    ),
    watch.watch<ResourceSlice>(
      { group: "resource.k8s.io", resource: "resourceslices" },
      {
        set: ({ metadata, spec }) => graph.setNodeOf("resourceslices", metadata.name ?? "", spec.nodeName ?? ""),
        remove: ({ metadata }) => graph.setNodeOf("resourceslices", metadata.name ?? "", ""),
      },
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
