import type { Pod, Volume } from "../openapi/api/core.v1.ts";

/** Whether a volume is of a kind that nodes cannot always mount twice. (needsRestrictionsCheck) */
export const mayConflict = ({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: Volume): boolean =>
  Boolean(gcePersistentDisk || awsElasticBlockStore || rbd || iscsi);

/** Whether a Pod has the volume mounted already, in a way that leaves no room for another. (isVolumeConflict) */
export function conflictsWith(volume: Volume, { spec }: Pod): boolean {
  return (spec.volumes ?? []).some((other) => isSameDisk(volume, other) || isSameTarget(volume, other));
}

function isSameDisk(a: Volume, b: Volume): boolean {
  const [gce, otherGce] = [a.gcePersistentDisk, b.gcePersistentDisk];
  if (gce && otherGce && gce.pdName === otherGce.pdName && !(gce.readOnly && otherGce.readOnly)) return true;
  const [aws, otherAws] = [a.awsElasticBlockStore, b.awsElasticBlockStore];
  return !!aws && !!otherAws && aws.volumeID === otherAws.volumeID;
}

function isSameTarget(a: Volume, b: Volume): boolean {
  // Two logical units of one target may need it at different times only, so the target alone counts.
  if (a.iscsi && b.iscsi && a.iscsi.iqn === b.iscsi.iqn && !(a.iscsi.readOnly && b.iscsi.readOnly)) return true;
  if (!a.rbd || !b.rbd) return false;
  const { monitors, pool, image, readOnly } = a.rbd;
  const shares = monitors?.some((monitor) => b.rbd?.monitors?.includes(monitor));
  return Boolean(shares) && pool === b.rbd.pool && image === b.rbd.image && !(readOnly && b.rbd.readOnly);
}
