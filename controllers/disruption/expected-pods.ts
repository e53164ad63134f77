import {
  type Action,
  type ApiObject,
  controllerOf,
  isNotFound,
  type Lister,
  type Result,
  resourcesOf,
  type WriteAction,
} from "../../client/index.ts";
import type { Deployment, ReplicaSet, StatefulSet } from "../../openapi/api/apps.v1.ts";
import type { Scale } from "../../openapi/api/autoscaling.v1.ts";
import type { Pod, ReplicationController } from "../../openapi/api/core.v1.ts";
import type { OwnerReference } from "../../openapi/api/meta.k8s.io.v1.ts";
import type { PodDisruptionBudget } from "../../openapi/api/policy.v1.ts";
import { scaledValue } from "../int-or-percent.ts";
import { messageOf } from "../pod-control.ts";

/** What tells how many Pods a Pod's controller wishes for. */
export interface ScaleListers {
  replicaSets: Lister<ReplicaSet>;
  deployments: Lister<Deployment>;
  statefulSets: Lister<StatefulSet>;
  replicationControllers: Lister<ReplicationController>;
}

/** What a budget comes to. */
export interface Expectation {
  count: number;
  desiredHealthy: number;
  /** Some Pods have no controller. */
  hasUnmanaged: boolean;
}

/**
 * How many Pods there should be, and be healthy. (getExpectedPodCount)
 * @param next what follows; it is given the error's text when the Pods cannot be counted
 */
export function expectedPods(
  budget: Readonly<PodDisruptionBudget>,
  pods: readonly Readonly<Pod>[],
  listers: ScaleListers,
  next: (expected: Expectation | string) => Action[],
): Action[] {
  const { maxUnavailable, minAvailable } = budget.spec;
  if (maxUnavailable === undefined && typeof minAvailable !== "string") {
    const count = minAvailable === undefined ? 0 : pods.length;
    return next({ count, desiredHealthy: minAvailable ?? 0, hasUnmanaged: false });
  }
  const scales = new Map<string, number>();
  const unknown = new Map<string, Unknown>();
  let hasUnmanaged = false;
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const scale = owner && scaleOf(owner.uid, listers);
    if (!owner) hasUnmanaged = true;
    else if (scale) scales.set(scale.uid, scale.replicas);
    else if (!unknown.has(owner.uid)) unknown.set(owner.uid, { owner, pod });
  }
  const finish = (): Action[] => {
    const count = [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
    const desiredHealthy =
      maxUnavailable === undefined
        ? scaledValue(minAvailable, count, true)
        : Math.max(0, count - scaledValue(maxUnavailable, count, true));
    return next({ count, desiredHealthy, hasUnmanaged });
  };
  const ask = ([first, ...others]: readonly Unknown[]): Action[] => {
    if (!first) return finish();
    return askScale(first, (scale) => {
      if (typeof scale === "string") return next(scale);
      scales.set(first.owner.uid, scale);
      return ask(others);
    });
  };
  return ask([...unknown.values()]);
}

/** A controller that no lister here knows, such as a custom resource, and one of its Pods. */
interface Unknown {
  owner: OwnerReference;
  pod: Readonly<Pod>;
}

/** Asks the server for the scale of any kind that has one. (getScaleController) */
function askScale({ owner, pod }: Unknown, next: (scale: number | string) => Action[]): Action[] {
  const { apiVersion, kind, name, uid } = owner;
  if (apiVersion.split("/").length > 2) return next(`unexpected GroupVersion string: ${apiVersion}`);
  const object: ApiObject = { metadata: { name, namespace: pod.metadata.namespace } };
  return one({ do: "discover", resource: apiVersion, object }, (discovered) => {
    if (!discovered.ok && !isNotFound(discovered.error)) return next(messageOf(discovered.error));
    const resources = resourcesOf(discovered);
    const resource = resources.find((each) => each.kind === kind && !each.name.includes("/"))?.name;
    if (!resource) return next(`no matches for kind "${kind}" in version "${apiVersion}"`);
    if (!resources.some((each) => each.name === `${resource}/scale`)) {
      const [group] = apiVersion.includes("/") ? apiVersion.split("/") : [];
      return next(`${group ? `${resource}.${group}` : resource} does not implement the scale subresource`);
    }
    return one({ do: "get", resource: `${apiVersion}/${resource}`, subresource: "scale", object }, (result) => {
      if (!result.ok && !isNotFound(result.error)) return next(messageOf(result.error));
      // Asked for the subresource `scale`, a server answers nothing else.
      const scale = result.ok ? (result.object as Scale | undefined) : undefined;
      if (scale?.metadata?.uid !== uid) return next(`found no controllers for pod "${pod.metadata.name}"`);
      return next(scale.spec?.replicas ?? 0);
    });
  });
}

function one(action: WriteAction, next: (result: Result) => Action[]): Action[] {
  const missing: Result = { ok: false, error: new Error("gave up") };
  return [{ do: "batch", actions: [action], after: ([result = missing]) => next(result) }];
}

/** The wished size behind a Pod: a Deployment's when its ReplicaSet has one, since sets come and go in a rollout. */
function scaleOf(uid: string, listers: ScaleListers): { uid: string; replicas: number } | undefined {
  const { replicaSets, deployments, statefulSets, replicationControllers } = listers;
  const set = replicaSets.byUid(uid);
  const above = set && controllerOf(set);
  const owner =
    above?.kind === "Deployment"
      ? deployments.byUid(above.uid)
      : (set ?? statefulSets.byUid(uid) ?? replicationControllers.byUid(uid));
  return owner && { uid: owner.metadata.uid ?? "", replicas: owner.spec.replicas ?? 1 };
}
