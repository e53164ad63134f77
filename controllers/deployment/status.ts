import { type Action, timestamp } from "../../client/index.ts";
import type { Deployment, DeploymentCondition, DeploymentStatus } from "../../openapi/api/apps.v1.ts";
import { findCondition, withCondition, withoutCondition } from "../conditions.ts";
import { sameStatus } from "../equality.ts";
import { fenceposts, type OwnedSet, replicasOf, sumOf, wanted } from "./rollout.ts";

const NO_DEADLINE = 2 ** 31 - 1;

export function hasDeadline({ spec }: Readonly<Deployment>): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}

export function condition(
  type: string,
  status: string,
  reason: string,
  message: string,
  now: Date,
): DeploymentCondition {
  const time = timestamp(now);
  return { type, status, reason, message, lastUpdateTime: time, lastTransitionTime: time };
}

/** Counts and the Available condition. (calculateStatus) */
export function statusOf(
  deployment: Readonly<Deployment>,
  newSet: OwnedSet | undefined,
  old: readonly OwnedSet[],
  now: Date,
): DeploymentStatus {
  const all = newSet ? [...old, newSet] : old;
  const availableReplicas = sumOf(all, ({ status }) => status.availableReplicas);
  const enough = availableReplicas >= wanted(deployment) - fenceposts(deployment).unavailable;
  const available = enough
    ? condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now)
    : condition(
        "Available",
        "False",
        "MinimumReplicasUnavailable",
        "Deployment does not have minimum availability.",
        now,
      );
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: sumOf(all, ({ status }) => status.replicas),
    updatedReplicas: newSet?.status.replicas ?? 0,
    readyReplicas: sumOf(all, ({ status }) => status.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, sumOf(all, replicasOf) - availableReplicas),
    terminatingReplicas: terminatingOf(all),
    collisionCount: deployment.status.collisionCount,
    conditions: withCondition(deployment.status.conditions, available),
  };
}

/** Unknown as soon as one set that has been looked at does not say. */
function terminatingOf(all: readonly OwnedSet[]): number | undefined {
  const seen = all.filter(({ status }) => status.observedGeneration || status.terminatingReplicas !== undefined);
  return seen.some(({ status }) => status.terminatingReplicas === undefined)
    ? undefined
    : sumOf(seen, ({ status }) => status.terminatingReplicas);
}

/** All wished Pods are of the new template and available, and none of an old one is left. */
export function isComplete({ metadata, spec }: Readonly<Deployment>, status: Readonly<DeploymentStatus>): boolean {
  const size = spec.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === size &&
    (status.replicas ?? 0) === size &&
    (status.availableReplicas ?? 0) === size &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  );
}

function hasProgressed(old: Readonly<DeploymentStatus>, status: DeploymentStatus): boolean {
  const outdated = ({ replicas = 0, updatedReplicas = 0 }: Readonly<DeploymentStatus>) => replicas - updatedReplicas;
  return (
    (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    outdated(status) < outdated(old) ||
    (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

function hasTimedOut({ spec }: Readonly<Deployment>, status: DeploymentStatus, now: Date): boolean {
  const progressing = findCondition(status.conditions, "Progressing");
  if (!progressing || progressing.reason === "NewReplicaSetAvailable") return false;
  if (progressing.reason === "ProgressDeadlineExceeded") return true;
  const since = Date.parse(progressing.lastUpdateTime ?? "");
  return since + (spec.progressDeadlineSeconds ?? 0) * 1000 < now.getTime();
}

/** Adds what a rollout says of its progress and failures. (syncRolloutStatus) */
export function rolloutStatusOf(
  deployment: Readonly<Deployment>,
  newSet: OwnedSet | undefined,
  old: readonly OwnedSet[],
  now: Date,
): DeploymentStatus {
  const status = statusOf(deployment, newSet, old, now);
  const current = findCondition(deployment.status.conditions, "Progressing");
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const rest = () => withoutCondition(status.conditions, "Progressing");
  if (!hasDeadline(deployment)) status.conditions = rest();
  else if (status.replicas !== status.updatedReplicas || current?.reason !== "NewReplicaSetAvailable") {
    if (isComplete(deployment, status)) {
      const done = condition(
        "Progressing",
        "True",
        "NewReplicaSetAvailable",
        `${subject} has successfully progressed.`,
        now,
      );
      status.conditions = withCondition(status.conditions, done);
    } else if (hasProgressed(deployment.status, status)) {
      // With the same reason too: lastUpdateTime is what the deadline counts from.
      const going = condition("Progressing", "True", "ReplicaSetUpdated", `${subject} is progressing.`, now);
      if (current?.status === "True") going.lastTransitionTime = current.lastTransitionTime;
      status.conditions = [...rest(), going];
    } else if (hasTimedOut(deployment, status, now)) {
      const late = condition(
        "Progressing",
        "False",
        "ProgressDeadlineExceeded",
        `${subject} has timed out progressing.`,
        now,
      );
      status.conditions = withCondition(status.conditions, late);
    }
  }
  const failure = [newSet, ...old].map((set) => findCondition(set?.status.conditions, "ReplicaFailure")).find(Boolean);
  status.conditions = failure
    ? withCondition<DeploymentCondition>(status.conditions, { ...failure, lastUpdateTime: failure.lastTransitionTime })
    : withoutCondition(status.conditions, "ReplicaFailure");
  return status;
}

/** Writes a status when it differs; else comes back when the progress deadline is due. (requeueStuckDeployment) */
export function statusActions(deployment: Readonly<Deployment>, status: DeploymentStatus, now: Date): Action[] {
  const unknownBefore = deployment.status.terminatingReplicas === undefined;
  if (unknownBefore !== (status.terminatingReplicas === undefined) || !sameStatus(deployment.status, status)) {
    return [{ do: "updateStatus", resource: "apps/v1/deployments", object: { ...deployment, status } as Deployment }];
  }
  const current = findCondition(deployment.status.conditions, "Progressing");
  if (!hasDeadline(deployment) || !current || isComplete(deployment, status)) return [];
  if (current.reason === "ProgressDeadlineExceeded") return [];
  const deadline = Date.parse(current.lastUpdateTime ?? "") + (deployment.spec.progressDeadlineSeconds ?? 0) * 1000;
  return [{ do: "requeue", afterMs: Math.max(0, deadline - now.getTime()) + 1000 }];
}
