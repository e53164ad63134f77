import type { LimitRangeItem, PersistentVolumeClaim, Pod } from "../../../../openapi/api/core.v1.ts";
import {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityAsFloat,
  quantityOf,
} from "../../../meta/quantity.ts";
import { podLimits, podRequests } from "../../pod-resources.ts";
import { type Amounts, amountsOf } from "../../resource-list.ts";

/** What one container, Pod or claim asks for. */
interface Asked {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

interface Constraint {
  /** As in texts: Container, Pod, PersistentVolumeClaim. */
  readonly type: string;
  readonly resource: string;
  readonly enforced: Quantity;
}

const ZERO = quantityOf(0);
const NONE: Amounts = new Map();

/** Texts of all that is against the limits. (PodValidateLimitFunc) */
export function podProblems(pod: Pod, limits: readonly LimitRangeItem[]): string[] {
  return limits.flatMap((limit) => {
    if (limit.type === "Pod") return problemsOf(limit, askedByPod(pod));
    if (limit.type !== "Container") return [];
    const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
    return containers.flatMap(({ resources }) =>
      problemsOf(limit, { requests: amountsOf(resources.requests), limits: amountsOf(resources.limits) }),
    );
  });
}

/** Claims have no limits: what they request is held against both ends. (PersistentVolumeClaimValidateLimitFunc) */
export function claimProblems({ spec }: PersistentVolumeClaim, limits: readonly LimitRangeItem[]): string[] {
  const requests = amountsOf(spec.resources?.requests);
  return limits.flatMap((limit) => {
    if (limit.type !== "PersistentVolumeClaim") return [];
    return [
      ...each(limit.type, limit.min, (constraint) => belowMin(constraint, { requests, limits: NONE })),
      ...each(limit.type, limit.max, (constraint) => requestAboveMax(constraint, requests)),
    ];
  });
}

/** Neither overhead nor huge pages of the Pod itself count here. */
function askedByPod(pod: Pod): Asked {
  const podLevel = (name: string) => name === "cpu" || name === "memory";
  const options = { useStatus: false, overhead: false, podLevel };
  return { requests: podRequests(pod, options), limits: podLimits(pod, options) };
}

function problemsOf(limit: LimitRangeItem, asked: Asked): string[] {
  return [
    ...each(limit.type, limit.min, (constraint) => belowMin(constraint, asked)),
    ...each(limit.type, limit.max, (constraint) => aboveMax(constraint, asked)),
    ...each(limit.type, limit.maxLimitRequestRatio, (constraint) => aboveRatio(constraint, asked)),
  ];
}

function each(
  type: string,
  list: Readonly<Record<string, string>> | undefined,
  check: (constraint: Constraint) => string | undefined,
): string[] {
  const names = Object.keys(list ?? {}).sort();
  return names.flatMap((resource) => check({ type, resource, enforced: parseQuantity(list![resource]!) }) ?? []);
}

function belowMin({ type, resource, enforced }: Constraint, { requests, limits }: Asked): string | undefined {
  const text = `minimum ${resource} usage per ${type} is ${formatQuantity(enforced)}`;
  const [request, limit] = [requests.get(resource), limits.get(resource)];
  if (!request) return `${text}.  No request is specified`;
  if (compareQuantities(request, enforced) < 0) return `${text}, but request is ${formatQuantity(request)}`;
  if (limit && compareQuantities(limit, enforced) < 0) return `${text}, but limit is ${formatQuantity(limit)}`;
  return undefined;
}

function aboveMax({ type, resource, enforced }: Constraint, { requests, limits }: Asked): string | undefined {
  const text = `maximum ${resource} usage per ${type} is ${formatQuantity(enforced)}`;
  const [request, limit] = [requests.get(resource), limits.get(resource)];
  if (!limit) return `${text}.  No limit is specified`;
  if (compareQuantities(limit, enforced) > 0) return `${text}, but limit is ${formatQuantity(limit)}`;
  if (request && compareQuantities(request, enforced) > 0) return `${text}, but request is ${formatQuantity(request)}`;
  return undefined;
}

function requestAboveMax({ type, resource, enforced }: Constraint, requests: Amounts): string | undefined {
  const text = `maximum ${resource} usage per ${type} is ${formatQuantity(enforced)}`;
  const request = requests.get(resource);
  if (!request) return `${text}.  No request is specified`;
  return compareQuantities(request, enforced) > 0 ? `${text}, but request is ${formatQuantity(request)}` : undefined;
}

function aboveRatio({ type, resource, enforced }: Constraint, { requests, limits }: Asked): string | undefined {
  const text = `${resource} max limit to request ratio per ${type} is ${formatQuantity(enforced)}`;
  const [request, limit] = [requests.get(resource) ?? ZERO, limits.get(resource) ?? ZERO];
  if (request.mantissa === 0n) return `${text}, but no request is specified or request is 0`;
  if (limit.mantissa === 0n) return `${text}, but no limit is specified or limit is 0`;
  const ratio = quantityAsFloat(limit) / quantityAsFloat(request);
  return ratio > quantityAsFloat(enforced) ? `${text}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
