import { join } from "node:path";
import type { Pod } from "../../../../openapi/api/core.v1.ts";

/** Where on its node the cluster's provisioner says that volumes are. */
export const PROVISIONED = "/var/lib/inkube/volumes";

/** Where a node keeps what, below its folder. The same layout as kubelet's in /var/lib/kubelet and /var/log/pods. */
export function nodePaths(folder: string) {
  const pods = join(folder, "pods");
  return {
    folder,
    pods,
    seccomp: join(folder, "seccomp"),
    containerd: join(folder, "containerd"),
    socket: join(folder, "containerd.sock"),
    cni: join(folder, "cni"),
    registries: join(folder, "registries"),
    pod: (uid: string) => join(pods, uid),
    volume: (uid: string, type: string, name: string) => join(pods, uid, "volumes", type, name),
    /** A path of the node as a volume names it: disks of the cluster's provisioner are in the node's folder. */
    disk: (path: string) => {
      const isProvisioned = path === PROVISIONED || path.startsWith(`${PROVISIONED}/`);
      return isProvisioned ? join(folder, "volumes", path.slice(PROVISIONED.length)) : path;
    },
    /** Termination messages of one container. */
    container: (uid: string, name: string) => join(pods, uid, "containers", name),
    logs: join(folder, "logs"),
    podLogs: ({ metadata }: Pod) => join(folder, "logs", `${metadata.namespace}_${metadata.name}_${metadata.uid}`),
  };
}

export type NodePaths = ReturnType<typeof nodePaths>;
