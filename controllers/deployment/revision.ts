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

/** Revision of a ReplicaSet: 0 when it has none, NaN when it is no number. */
export function revisionOf({ metadata }: Readonly<ReplicaSet>): number {
  const text = metadata.annotations?.[REVISION];
  if (text === undefined) return 0;
  return /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** The newest revision among some ReplicaSets, leaving out those that cannot be read. */
export function maxRevision(sets: readonly Readonly<ReplicaSet>[]): number {
  return Math.max(0, ...sets.map(revisionOf).filter((revision) => !Number.isNaN(revision)));
}

/** Annotations of the ReplicaSet that now serves the Deployment's template. (SetNewReplicaSetAnnotations) */
export function newSetAnnotations(
  deployment: Readonly<Deployment>,
  set: Readonly<ReplicaSet>,
  newRevision: number,
): Record<string, string> {
  const annotations = { ...set.metadata.annotations };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!OWN.has(key)) annotations[key] = value;
  }
  const oldText = annotations[REVISION];
  const oldRevision = revisionOf(set);
  // Never lowered: older sets may have been cleaned up since this one got its number.
  if (Number.isNaN(oldRevision) || oldRevision >= newRevision) return annotations;
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
