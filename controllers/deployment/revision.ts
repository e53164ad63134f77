import type { Deployment, ReplicaSet } from "../../openapi/api/apps.v1.ts";

export const REVISION = "deployment.kubernetes.io/revision";
const REVISION_HISTORY = "deployment.kubernetes.io/revision-history";
export const DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas";
export const MAX_REPLICAS = "deployment.kubernetes.io/max-replicas";

/** Annotations that a ReplicaSet has of its own and does not copy from its Deployment. */
const OWN = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  "deprecated.deployment.rollback.to",
]);

/** Characters of revision history kept on one ReplicaSet. */
const HISTORY_LIMIT = 2000;

/** Revision of a ReplicaSet: 0 when it has none, undefined when it is no int64. They may well be above 2^53. */
export function revisionOf({ metadata }: Readonly<ReplicaSet>): bigint | undefined {
  const text = metadata.annotations?.[REVISION];
  if (text === undefined) return 0n;
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const revision = BigInt(text.replace(/^\+/, ""));
  return BigInt.asIntN(64, revision) === revision ? revision : undefined;
}

/** The newest revision among some ReplicaSets, leaving out those that cannot be read. */
export function maxRevision(sets: readonly Readonly<ReplicaSet>[]): bigint {
  return sets.reduce((max, set) => {
    const revision = revisionOf(set) ?? 0n;
    return revision > max ? revision : max;
  }, 0n);
}

/** Oldest revision first; one that cannot be read counts as 0. (deploymentutil.ReplicaSetsByRevision) */
export function byRevision(a: Readonly<ReplicaSet>, b: Readonly<ReplicaSet>): number {
  const [one = 0n, other = 0n] = [revisionOf(a), revisionOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Annotations of the ReplicaSet that now serves the Deployment's template. (SetNewReplicaSetAnnotations) */
export function newSetAnnotations(
  deployment: Readonly<Deployment>,
  set: Readonly<ReplicaSet>,
  newRevision: bigint,
): Record<string, string> {
  const annotations = { ...set.metadata.annotations };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!OWN.has(key)) annotations[key] = value;
  }
  const oldText = annotations[REVISION];
  const oldRevision = revisionOf(set);
  // Never lowered: older sets may have been cleaned up since this one got its number.
  if (oldRevision === undefined || oldRevision >= newRevision) return annotations;
  annotations[REVISION] = String(newRevision);
  // A set that served before is rolled back to: what it was called then is kept as history.
  if (oldText !== undefined) {
    const history = annotations[REVISION_HISTORY]?.split(",").filter(Boolean) ?? [];
    history.push(oldText);
    while (history.length > 1 && history.join(",").length > HISTORY_LIMIT) history.shift();
    annotations[REVISION_HISTORY] = history.join(",");
  }
  return annotations;
}

/** The two annotations by which a scaling event and a set's share of it are recognised later. */
export function replicasAnnotations(desired: number, max: number): Record<string, string> {
  return { [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(max) };
}

/** A whole number in an annotation, as upstream reads it: none when it is negative or no number. */
export function countIn({ metadata }: Readonly<ReplicaSet>, annotation: string): number | undefined {
  const text = metadata.annotations?.[annotation];
  return text !== undefined && /^\d+$/.test(text) && Number(text) < 2 ** 31 ? Number(text) : undefined;
}
