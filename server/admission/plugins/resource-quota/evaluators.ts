import { type Evaluator, objectCountEvaluator } from "./evaluator.ts";
import { claimEvaluator } from "./persistent-volume-claims.ts";
import { podEvaluator } from "./pods.ts";
import { resourceClaimEvaluator } from "./resource-claims.ts";
import { serviceEvaluator } from "./services.ts";

/** Kinds of which more counts than their number. */
const OWN: Readonly<Record<string, Evaluator>> = {
  // The casts: each only ever sees objects of its kind.
  "/pods": podEvaluator as Evaluator,
  "/services": serviceEvaluator as Evaluator,
  "/persistentvolumeclaims": claimEvaluator as Evaluator,
  "resource.k8s.io/resourceclaims": resourceClaimEvaluator as Evaluator,
};
/** Kinds that had a name in quotas before all had `count/…`. */
const ALIASES = ["configmaps", "resourcequotas", "replicationcontrollers", "secrets"];
/** Kinds that are never stored, and events, of which there are too many. (pkg/quota/v1/install) */
const IGNORED = [
  "/bindings",
  "/componentstatuses",
  "/events",
  "events.k8s.io/events",
  "authentication.k8s.io/tokenreviews",
  "authentication.k8s.io/selfsubjectreviews",
  "authorization.k8s.io/subjectaccessreviews",
  "authorization.k8s.io/selfsubjectaccessreviews",
  "authorization.k8s.io/localsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectrulesreviews",
];

const EVALUATORS = new Map<string, Evaluator | undefined>(IGNORED.map((key) => [key, undefined]));

/** How quotas look at a resource; undefined when they do not. Custom resources are counted too. */
export function evaluatorOf(group: string, resource: string): Evaluator | undefined {
  const key = `${group}/${resource}`;
  if (!EVALUATORS.has(key)) {
    const alias = group === "" && ALIASES.includes(resource) ? resource : undefined;
    EVALUATORS.set(key, OWN[key] ?? objectCountEvaluator(group, resource, alias));
  }
  return EVALUATORS.get(key);
}
