import type { Volume } from "../claims.ts";

/** In-tree provisioners whose work is a CSI driver's now. (staging/src/k8s.io/csi-translation-lib/plugins) */
const MIGRATED: Readonly<Record<string, string>> = {
  "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
  "kubernetes.io/azure-disk": "disk.csi.azure.com",
  "kubernetes.io/azure-file": "file.csi.azure.com",
  "kubernetes.io/cinder": "cinder.csi.openstack.org",
  "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
  "kubernetes.io/portworx-volume": "pxd.portworx.com",
  "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
};

/** Name of the CSI driver that took an in-tree provisioner's place. */
export const migratedTo = (provisioner: string): string | undefined => MIGRATED[provisioner];

const HOST_PATH = "kubernetes.io/host-path";
const NFS = "kubernetes.io/nfs";

/** In-tree names belong to this controller, all others to somebody outside. */
const isInTree = (provisioner: string): boolean => provisioner.startsWith("kubernetes.io/");

/**
 * Who makes volumes for a provisioner's name: somebody outside, or nobody, and why. None of the in-tree plugins that
 * are left can: host-path only where the administrator has allowed it. (findProvisionablePlugin)
 */
export function provisionerProblem(provisioner: string): { early: string } | { late: string } | undefined {
  if (!isInTree(provisioner) || migratedTo(provisioner)) return undefined;
  if (provisioner === HOST_PATH)
    return { late: `Failed to create provisioner: provisioning in volume plugin "${HOST_PATH}" is disabled` };
  return {
    early:
      provisioner === NFS ? "no provisionable volume plugin matched" : `no volume plugin matched name: ${provisioner}`,
  };
}

/** Whether a volume that is released can be emptied for its next claim. */
export const isRecyclable = ({ spec }: Volume): boolean => !!spec.hostPath || !!spec.nfs;

/**
 * How a released volume can be deleted: by this controller, by whoever made it, or not at all.
 * @param by name in the volume's annotation of who made it (findDeletablePlugin)
 */
export function deleterOf({ metadata, spec }: Volume, by: string | undefined): "us" | "outside" | { problem: string } {
  if (by) {
    if (!isInTree(by)) return "outside";
    if (by === HOST_PATH) return "us";
    return {
      problem: by === NFS ? "no deletable volume plugin matched" : `no volume plugin matched name: ${by}`,
    };
  }
  if (spec.csi) return "outside";
  if (spec.hostPath) return "us";
  const problem = spec.nfs ? "no deletable volume plugin matched" : "no volume plugin matched";
  return { problem: `error getting deleter volume plugin for volume "${metadata.name}": ${problem}` };
}
