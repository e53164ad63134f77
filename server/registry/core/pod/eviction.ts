import type { Pod } from "../../../../openapi/api/core.v1.ts";
import type { Eviction, PodDisruptionBudget } from "../../../../openapi/api/policy.v1.ts";
import { semanticEqual } from "../../../meta/equality.ts";
import { badRequest, conflict, forbidden, invalid, StatusError, tooManyRequests } from "../../../meta/errors.ts";
import { fieldInvalid } from "../../../meta/field-error.ts";
import { goList } from "../../../meta/go-quote.ts";
import { labelSelectorFrom } from "../../../meta/labels.ts";
import type { KubeObject } from "../../../meta/object.ts";
import { rfc3339 } from "../../../meta/time.ts";
import type { SubresourceCreate } from "../../kind.ts";
import { setCondition, success } from "./binding.ts";

type Budget = KubeObject & PodDisruptionBudget;
type StoredPod = KubeObject & Pod;
type DeleteOptions = NonNullable<Eviction["deleteOptions"]>;

const BUDGETS = { group: "policy", resource: "poddisruptionbudgets" };
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";
/** More evictions than this the disruption controller has not confirmed: something is wrong with it. */
const MAX_DISRUPTED_PODS = 2000;
const ATTEMPTS = 20;

/**
 * Deletes a Pod unless its PodDisruptionBudget forbids it. (EvictionREST of pkg/registry/core/pod/storage)
 * @throws StatusError 400, 404, 409, 422, 429
 */
export async function evict(request: SubresourceCreate): Promise<KubeObject> {
  // The cast: decoded as the kind of this subresource.
  const eviction = request.body as KubeObject & Eviction;
  if (request.name !== eviction.metadata.name) {
    throw badRequest("name in URL does not match name in Eviction object");
  }
  const options = deleteOptionsOf(eviction, request);
  const pod = await deleteUnguarded(request, options);
  if (!pod) return success();
  const budgets = budgetsOf(pod, request);
  const [budget] = budgets;
  if (budgets.length > 1) return tooManyBudgets();
  if (!budget) {
    await deletePod(request, options);
    return success();
  }
  const broken = !isReady(pod) && mayEvictUnready(budget);
  if (!broken) await decrement(request, budget, (options.dryRun ?? []).length > 0);
  try {
    // An unready Pod may have become ready meanwhile: then the budget counts after all.
    await deletePod(request, broken ? withResourceVersion(options, pod) : options);
  } catch (error) {
    const raced = error instanceof StatusError && error.code === 409 && broken;
    if (raced && options.preconditions?.resourceVersion === undefined) throw stillProcessing(budget);
    throw error;
  }
  return success();
}

function deleteOptionsOf({ deleteOptions = {} }: Eviction, { name, dryRun }: SubresourceCreate): DeleteOptions {
  if (deleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential) {
    const field = "deleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential";
    const error = fieldInvalid(field, true, "can not be set for pod eviction, try after removing the option");
    throw invalid({ group: "policy", kind: "Eviction" }, name, [error]);
  }
  const asked = dryRun ? ["All"] : [];
  const own = deleteOptions.dryRun ?? [];
  if (own.length > 0 && asked.length > 0 && !semanticEqual(own, asked)) {
    const text = `Non-matching dry-run options in request and content: ${goList(asked)} and ${goList(own)}`;
    throw new StatusError(500, "", text);
  }
  const { kind: _kind, apiVersion: _version, ...rest } = deleteOptions;
  const dry = own.length > 0 ? own : asked;
  return { ...rest, ...(dry.length > 0 && { dryRun: dry }) };
}

/** Pods that do not run (yet, or any more) disrupt nothing. @returns the Pod when it is guarded */
async function deleteUnguarded(request: SubresourceCreate, options: DeleteOptions): Promise<StoredPod | undefined> {
  const pinned = options.preconditions?.resourceVersion !== undefined;
  for (let attempt = 1; ; attempt++) {
    const pod = await request.get<StoredPod>();
    const phase = pod.status?.phase ?? "";
    const over = phase === "Succeeded" || phase === "Failed" || pod.metadata.deletionTimestamp !== undefined;
    if (!over && phase !== "Pending") return pod;
    try {
      // A pending Pod may have been started meanwhile.
      await deletePod(request, over || pinned ? options : withResourceVersion(options, pod));
      return undefined;
    } catch (error) {
      const raced = error instanceof StatusError && error.code === 409;
      if (!raced || pinned || attempt === ATTEMPTS) throw error;
    }
  }
}

function withResourceVersion(options: DeleteOptions, { metadata }: KubeObject): DeleteOptions {
  const { resourceVersion } = metadata;
  return { ...options, preconditions: { ...options.preconditions, ...(resourceVersion && { resourceVersion }) } };
}

/** Says in the Pod's status why it goes, then deletes it. */
async function deletePod(request: SubresourceCreate, options: DeleteOptions): Promise<void> {
  if (options.dryRun?.length) return request.delete({ ...options });
  const updated = await request.update<StoredPod>((pod) => {
    checkPreconditions(pod, options.preconditions ?? {});
    const reason = { reason: "EvictionByEvictionAPI", message: "Eviction API: evicting" };
    setCondition(pod, { type: "DisruptionTarget", status: "True", ...reason }, request.context.now);
  });
  const pinned = options.preconditions?.resourceVersion !== undefined;
  await request.delete({ ...(pinned ? withResourceVersion(options, updated) : options) });
}

function checkPreconditions(
  { metadata }: KubeObject,
  { uid, resourceVersion }: NonNullable<DeleteOptions["preconditions"]>,
): void {
  const { name = "" } = metadata;
  // Upstream has the Kind where the resource belongs.
  const resource = { group: "", resource: "Pod" };
  if (uid && uid !== metadata.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(resource, name, text);
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(resource, name, text);
  }
}

function budgetsOf({ metadata }: KubeObject, { namespace, context }: SubresourceCreate): Readonly<Budget>[] {
  return context.reader.list<Budget>(BUDGETS, namespace).filter(({ spec }) => {
    try {
      return labelSelectorFrom(spec?.selector).matches(metadata.labels ?? {});
    } catch {
      return false; // what cannot be read guards nothing
    }
  });
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}

function mayEvictUnready({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

/** Takes one disruption from the budget. @throws StatusError 403, 429 (checkAndDecrement) */
async function decrement(request: SubresourceCreate, budget: Readonly<Budget>, dryRun: boolean): Promise<void> {
  checkBudget(budget);
  if (dryRun) return;
  const { namespace, name, context } = request;
  const { name: budgetName = "" } = budget.metadata;
  await context.services.writer.update<Budget>(
    BUDGETS,
    namespace,
    budgetName,
    (current) => {
      checkBudget(current);
      const { status } = current;
      status.disruptionsAllowed--;
      if (status.disruptionsAllowed === 0) markInsufficient(current, context.now);
      status.disruptedPods = { ...status.disruptedPods, [name]: rfc3339(context.now) };
      return current;
    },
    "status",
  );
}

function checkBudget({ metadata, status }: Readonly<Budget>): void {
  const { disruptionsAllowed = 0, observedGeneration = 0, disruptedPods = {} } = status ?? {};
  const { name = "", generation = 0 } = metadata;
  if (observedGeneration < generation) throw stillProcessing({ metadata });
  const forbid = (text: string) => forbidden({ group: "policy", resource: "poddisruptionbudget" }, name, text);
  if (disruptionsAllowed < 0) throw forbid("pdb disruptions allowed is negative");
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED_PODS) {
    throw forbid("DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  }
  if (disruptionsAllowed === 0) throw refused(0, whyNot(name, status));
}

function whyNot(name: string, { conditions = [], currentHealthy = 0, desiredHealthy = 0 }: Budget["status"]): string {
  const budget = `The disruption budget ${name}`;
  const condition = conditions.find(({ type, status }) => type === "DisruptionAllowed" && status === "False");
  if (condition?.message && condition.reason === "SyncFailed") {
    return `${budget} does not allow evicting pods currently because it failed sync: ${condition.message}`;
  }
  if (currentHealthy <= desiredHealthy) {
    return `${budget} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  }
  if (condition?.message) {
    return `${budget} does not allow evicting pods currently (${condition.reason}): ${condition.message}`;
  }
  return `${budget} does not allow evicting pods currently`;
}

/** (UpdateDisruptionAllowedCondition of component-helpers/apps/poddisruptionbudget) */
function markInsufficient({ status, metadata }: Budget, now: Date): void {
  const { conditions = [] } = status;
  const i = conditions.findIndex(({ type }) => type === "DisruptionAllowed");
  const old = conditions[i];
  const next = {
    type: "DisruptionAllowed",
    status: "False",
    observedGeneration: status.observedGeneration ?? metadata.generation ?? 0,
    lastTransitionTime: old?.status === "False" ? old.lastTransitionTime : rfc3339(now),
    reason: "InsufficientPods",
    message: "",
  };
  status.conditions = i < 0 ? [...conditions, next] : conditions.with(i, next);
}

function stillProcessing({ metadata }: Pick<KubeObject, "metadata">): StatusError {
  return refused(10, `The disruption budget ${metadata.name} is still being processed by the server.`);
}

function refused(retryAfterSeconds: number, message: string): StatusError {
  const { code, reason, message: text, details } = tooManyRequests(REFUSED, retryAfterSeconds);
  return new StatusError(code, reason, text, { causes: [{ reason: "DisruptionBudget", message }], ...details });
}

/** An answer, not an error: that is why it has no reason. */
function tooManyBudgets(): KubeObject {
  const message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code: 500 };
  return status;
}
