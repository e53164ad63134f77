import {
  ApiError,
  type ApiObject,
  type Client,
  type DiscoveredResource,
  discoverResources,
  isNotFound,
  resourceNameOf,
} from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { Findings } from "./conditions.ts";

/** Objects with finalizers get this many seconds before they are looked at again. (finalizerEstimateSeconds) */
const FINALIZER_SECONDS = 15;

/** What is left, and how many seconds it is expected to take. */
export interface Emptied {
  findings: Findings;
  estimateSeconds: number;
  /** Nothing but Pods was looked at: whoever sees the last one go knows when to go on. */
  waitsForPods: boolean;
}

/** A namespace that goes away. */
export interface Leaving {
  readonly namespace: string;
  /** Since its deletion. */
  readonly ageSeconds: number;
  /** The Pods in it as far as they are known here, which may not be to the last. */
  knownPods(): readonly Readonly<Pod>[];
}

/**
 * Deletes everything in a namespace: Pods first, and the rest only when they are gone, so that nothing a Pod needs is
 * taken from under it (KEP-5080).
 */
export async function deleteContent(client: Client, leaving: Leaving): Promise<Emptied> {
  const { namespace, ageSeconds } = leaving;
  const findings: Findings = { discoveryErrors: [], contentErrors: [], remaining: new Map(), finalizers: new Map() };
  let estimateSeconds = 0;
  const { resources, failed } = await discoverResources(client.transport);
  findings.discoveryErrors.push(...failed.map((name) => `${name}: stale GroupVersion discovery: ${name}`));
  const deletable = resources.filter(({ namespaced, verbs }) => namespaced && verbs.includes("delete"));
  const isPods = ({ group, resource }: DiscoveredResource) => !group && resource === "pods";

  const empty = async (resource: DiscoveredResource) => {
    try {
      const { count, names, grace } = isPods(resource)
        ? await deletePods(client, resource, leaving)
        : { ...leftOf(await deleteAll(client, resource, namespace)), grace: 0 };
      if (!count) return;
      findings.remaining.set(`${resource.resource}.${resource.group}`, count);
      for (const name of names) findings.finalizers.set(name, (findings.finalizers.get(name) ?? 0) + 1);
      const estimate = ageSeconds < grace ? grace : names.length ? FINALIZER_SECONDS : 0;
      estimateSeconds = Math.max(estimateSeconds, estimate);
      if (!estimate) {
        const name = `${resource.group}/${resource.version}, Resource=${resource.resource}`;
        findings.contentErrors.push(`unexpected items still remain in namespace: ${namespace} for gvr: ${name}`);
      }
    } catch (error) {
      findings.contentErrors.push(error instanceof Error ? error.message : String(error));
    }
  };
  for (const pods of deletable.filter(isPods)) await empty(pods);
  if (findings.remaining.size) {
    // Upstream sums up what remains only when it comes to the rest: until then its conditions tell of nothing.
    const told = { ...findings, remaining: new Map(), finalizers: new Map() };
    return { findings: told, estimateSeconds, waitsForPods: true };
  }
  await Promise.all(deletable.filter((resource) => !isPods(resource)).map(empty));
  return { findings, estimateSeconds, waitsForPods: false };
}

/** @returns what is still there afterwards. */
async function deleteAll(client: Client, resource: DiscoveredResource, namespace: string): Promise<ApiObject[]> {
  const name = resourceNameOf(resource);
  const lists = resource.verbs.includes("list");
  // Most namespaces are empty of most kinds: one look saves the delete and the second look.
  if (lists && !(await client.list(name, { namespace, limit: 1 })).items.length) return [];
  if (resource.verbs.includes("deletecollection")) {
    await client.deleteCollection(name, { namespace, propagationPolicy: "Background" }).catch(ignoreUnsupported);
  } else if (lists) {
    const { items } = await client.list(name, { namespace });
    for (const { metadata } of items) {
      const where = { namespace, name: metadata.name ?? "" };
      await client.delete(name, where, { propagationPolicy: "Background" }).catch(ignoreUnsupported);
    }
  }
  return lists ? (await client.list(name, { namespace })).items : [];
}

function ignoreUnsupported(error: unknown): void {
  if (!isNotFound(error) && !(error instanceof ApiError && error.code === 405)) throw error;
}

/** How many there are, and the finalizers of each. */
const leftOf = (left: readonly Readonly<ApiObject>[]) => ({
  count: left.length,
  names: left.flatMap(({ metadata }) => metadata.finalizers ?? []),
});

/**
 * As all else, but that tens of thousands of Pods are not read at each look: the server is asked how many there are, and
 * they are read when fewer are known here: of those that go, some may still be known. When all are on their way already,
 * they are not told again.
 */
async function deletePods(client: Client, resource: DiscoveredResource, { namespace, knownPods }: Leaving) {
  const count = async () => {
    const { items, metadata } = await client.list("v1/pods", { namespace, limit: 1 });
    return items.length + (metadata.remainingItemCount ?? 0);
  };
  const before = await count();
  if (before === 0) return { count: 0, names: [], grace: 0 };
  let known = knownPods();
  if (known.length < before) known = (await client.list("v1/pods", { namespace })).items;
  const grace = longestGrace(known);
  const areLeaving = known.every(({ metadata }) => metadata.deletionTimestamp);
  if (!areLeaving) {
    const name = resourceNameOf(resource);
    await client.deleteCollection(name, { namespace, propagationPolicy: "Background" }).catch(ignoreUnsupported);
  }
  return { ...leftOf(known), count: areLeaving ? before : await count(), grace };
}

/** The longest grace period among Pods that may still be running, in seconds. */
function longestGrace(pods: readonly Readonly<Pod>[]): number {
  const running = pods.filter(({ status }) => status.phase !== "Succeeded" && status.phase !== "Failed");
  return running.reduce((longest, { spec }) => Math.max(longest, spec.terminationGracePeriodSeconds ?? 0), 0);
}
