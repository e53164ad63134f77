import type { Action } from "../../client/index.ts";
import type { Deployment, ReplicaSet } from "../../openapi/api/apps.v1.ts";
import { scaledValue } from "../int-or-percent.ts";
import { byRevision, countIn, DESIRED_REPLICAS, MAX_REPLICAS, replicasAnnotations } from "./revision.ts";

export type OwnedSet = Readonly<ReplicaSet>;

export const replicasOf = ({ spec }: OwnedSet): number => spec.replicas ?? 1;
export const wanted = ({ spec }: Readonly<Deployment>): number => spec.replicas ?? 1;
export const isRolling = ({ spec }: Readonly<Deployment>): boolean => spec.strategy.type === "RollingUpdate";
export const sumOf = (sets: readonly OwnedSet[], value: (set: OwnedSet) => number | undefined): number =>
  sets.reduce((sum, set) => sum + (value(set) ?? 0), 0);
const isUp = (set: OwnedSet): boolean => replicasOf(set) > 0;

/** Oldest first, then by name. */
export function byAge(sets: readonly OwnedSet[]): OwnedSet[] {
  const text = ({ metadata }: OwnedSet) => `${metadata.creationTimestamp ?? ""}\0${metadata.name}`;
  return [...sets].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** Pods allowed above the wish, and missing below it; never both nothing. (ResolveFenceposts) */
export function fenceposts(deployment: Readonly<Deployment>): { surge: number; unavailable: number } {
  if (!isRolling(deployment) || !wanted(deployment))
    return { surge: isRolling(deployment) ? surgeOf(deployment) : 0, unavailable: 0 };
  const surge = surgeOf(deployment);
  const unavailable = scaledValue(deployment.spec.strategy.rollingUpdate?.maxUnavailable, wanted(deployment), false);
  // Percentages of few Pods may round to nothing; then one goes first, since a surge might not fit a quota.
  if (!surge && !unavailable) return { surge, unavailable: 1 };
  return { surge, unavailable: Math.min(unavailable, wanted(deployment)) };
}

const surgeOf = ({ spec }: Readonly<Deployment>): number =>
  scaledValue(spec.strategy.rollingUpdate?.maxSurge, spec.replicas ?? 1, true);

/** Replicas of the new set, as far as the surge lets it grow. (NewRSNewReplicas) */
export function newSetReplicas(deployment: Readonly<Deployment>, all: readonly OwnedSet[], current: number): number {
  if (!isRolling(deployment)) return wanted(deployment);
  const room = wanted(deployment) + surgeOf(deployment) - sumOf(all, replicasOf);
  return room <= 0 ? current : current + Math.min(room, wanted(deployment) - current);
}

/** One set gets a new size and the annotations to go with it. An event is only worth a change of size. */
export function scaleSet(deployment: Readonly<Deployment>, set: OwnedSet, size: number, force = false): Action[] {
  const resized = replicasOf(set) !== size;
  const annotations = replicasAnnotations(wanted(deployment), wanted(deployment) + fenceposts(deployment).surge);
  const stale = Object.entries(annotations).some(([key, value]) => set.metadata.annotations?.[key] !== value);
  if (!resized && !(force && stale)) return [];
  const object: ReplicaSet = {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...annotations } },
    spec: { ...set.spec, replicas: size },
  };
  const update: Action = { do: "update", resource: "apps/v1/replicasets", object };
  if (!resized) return [update];
  const direction = replicasOf(set) < size ? "up" : "down";
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${replicasOf(set)} to ${size}`;
  return [update, { do: "event", about: deployment, type: "Normal", reason: "ScalingReplicaSet", message }];
}

/** The wish was changed since a set was last sized. */
export function isScalingEvent(deployment: Readonly<Deployment>, all: readonly OwnedSet[]): boolean {
  return all.filter(isUp).some((set) => (countIn(set, DESIRED_REPLICAS) ?? wanted(deployment)) !== wanted(deployment));
}

/** Spreads a change of the wish over all sets in proportion to their sizes. (scale) */
export function scaleProportionally(
  deployment: Readonly<Deployment>,
  newSet: OwnedSet | undefined,
  old: readonly OwnedSet[],
): Action[] {
  const all = newSet ? [...old, newSet] : [...old];
  const up = all.filter(isUp);
  const only = up.length === 1 ? up[0] : up.length === 0 ? (newSet ?? byAge(old).at(-1)) : undefined;
  if (only) return scaleSet(deployment, only, wanted(deployment));
  if (newSet && isSaturated(deployment, newSet)) return old.filter(isUp).flatMap((set) => scaleSet(deployment, set, 0));
  if (!isRolling(deployment)) return [];

  const surge = fenceposts(deployment).surge;
  const allowed = wanted(deployment) > 0 ? wanted(deployment) + surge : 0;
  const toAdd = allowed - sumOf(up, replicasOf);
  // Of two equal sets the newer one grows first and the older one shrinks first.
  const ages = byAge(up);
  const age = (set: OwnedSet) => ages.indexOf(set) * (toAdd > 0 ? -1 : 1);
  const sorted = [...up].sort((a, b) => replicasOf(b) - replicasOf(a) || age(a) - age(b));
  let added = 0;
  const sizes = sorted.map((set) => {
    const share = toAdd ? shareOf(deployment, set, toAdd, added) : 0;
    added += share;
    return replicasOf(set) + share;
  });
  // What rounding left over goes to the largest.
  if (toAdd && sizes.length) sizes[0] = Math.max(0, (sizes[0] ?? 0) + toAdd - added);
  return sorted.flatMap((set, i) => scaleSet(deployment, set, sizes[i] ?? 0, true));
}

function shareOf(deployment: Readonly<Deployment>, set: OwnedSet, toAdd: number, added: number): number {
  const left = toAdd - added;
  if (!left) return 0;
  const share = fractionOf(deployment, set);
  return toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
}

function fractionOf(deployment: Readonly<Deployment>, set: OwnedSet): number {
  if (!wanted(deployment)) return -replicasOf(set);
  const before = countIn(set, MAX_REPLICAS) || (deployment.status.replicas ?? 0);
  if (!before) return 0;
  const after = wanted(deployment) + fenceposts(deployment).surge;
  return Math.round((replicasOf(set) * after) / before) - replicasOf(set);
}

function isSaturated(deployment: Readonly<Deployment>, set: OwnedSet): boolean {
  const size = wanted(deployment);
  return (
    replicasOf(set) === size && countIn(set, DESIRED_REPLICAS) === size && (set.status.availableReplicas ?? 0) === size
  );
}

/** Takes old Pods away, unhealthy ones first, as far as availability allows. (reconcileOldReplicaSets) */
export function scaleDownOld(deployment: Readonly<Deployment>, newSet: OwnedSet, old: readonly OwnedSet[]): Action[] {
  const up = byAge(old.filter(isUp));
  if (!up.length) return [];
  const available = (set: OwnedSet) => set.status.availableReplicas ?? 0;
  // Its status is older than its size: those Pods are already on their way out and must not be counted twice.
  if (up.some((set) => available(set) > replicasOf(set))) return [];
  const minAvailable = wanted(deployment) - fenceposts(deployment).unavailable;
  const total = sumOf([...old, newSet], replicasOf);
  let mayClean = total - minAvailable - (replicasOf(newSet) - available(newSet));
  if (mayClean <= 0) return [];
  const sizes = new Map(up.map((set) => [set, replicasOf(set)]));
  // Upstream writes twice in one round; here both steps come to one write a set, with an event each.
  const actions: Action[] = [];
  const events: Action[] = [];
  const lower = (set: OwnedSet, by: number) => {
    const from = sizes.get(set) ?? 0;
    sizes.set(set, from - by);
    const message = `Scaled down replica set ${set.metadata.name} from ${from} to ${from - by}`;
    events.push({ do: "event", about: deployment, type: "Normal", reason: "ScalingReplicaSet", message });
  };
  for (const set of up) {
    if (mayClean <= 0) break;
    const by = Math.min(mayClean, replicasOf(set) - available(set));
    if (by <= 0) continue;
    lower(set, by);
    mayClean -= by;
  }
  let mayRemove = sumOf([...up, newSet], available) - minAvailable;
  for (const set of up) {
    if (mayRemove <= 0) break;
    const by = Math.min(sizes.get(set) ?? 0, mayRemove);
    if (by <= 0) continue;
    lower(set, by);
    mayRemove -= by;
  }
  for (const set of up) {
    actions.push(...scaleSet(deployment, set, sizes.get(set) ?? 0).filter((action) => action.do !== "event"));
  }
  return [...actions, ...events];
}

/** Old, empty sets beyond the limit of history, oldest revision first. (cleanupDeployment) */
export function cleanUp(deployment: Readonly<Deployment>, old: readonly OwnedSet[]): Action[] {
  const limit = deployment.spec.revisionHistoryLimit;
  if (limit === undefined || limit === 2 ** 31 - 1) return [];
  const alive = byAge(old.filter(({ metadata }) => !metadata.deletionTimestamp));
  const ordered = [...alive].sort(byRevision);
  return ordered
    .slice(0, Math.max(0, alive.length - limit))
    .filter(
      (set) =>
        !set.status.replicas &&
        !replicasOf(set) &&
        (set.metadata.generation ?? 0) <= (set.status.observedGeneration ?? 0),
    )
    .map((object) => ({
      do: "delete",
      resource: "apps/v1/replicasets",
      object,
      options: { propagationPolicy: "Background" },
    }));
}
