import {
  type ApiObject,
  type Client,
  type DeleteOptions,
  type DiscoveredResource,
  isNotFound,
  resourceNameOf,
} from "../../client/index.ts";
import type { OwnerReference } from "../../openapi/api/meta.k8s.io.v1.ts";
import type { AbsentOwners } from "./absent-owners.ts";
import { FOREGROUND, type Graph, type GraphNode, ORPHAN } from "./graph.ts";

/** Retrying is no use until the object itself changes. */
export class Hopeless extends Error {}

/** What a decision about an object needs. */
export interface Collector {
  client: Client;
  graph: Graph;
  /** The resource of a kind; undefined while discovery does not know it. */
  resourceOf(apiVersion: string, kind: string): DiscoveredResource | undefined;
  again(uid: string): void;
  readonly absent: AbsentOwners;
}

interface Classified {
  solid: OwnerReference[];
  dangling: OwnerReference[];
  waiting: OwnerReference[];
}

const isWaiting = ({ metadata }: ApiObject) =>
  !!metadata.deletionTimestamp && !!metadata.finalizers?.includes(FOREGROUND);

/** Deletes an object none of whose owners exists any more, and helps foreground deletions on. (attemptToDeleteItem) */
export async function attemptToDelete(collector: Collector, node: GraphNode): Promise<void> {
  const { client, graph } = collector;
  if (node.beingDeleted && !node.deletingDependents) return;
  const where = locate(collector, node);
  const latest = await find(client, where);
  if (!latest || latest.metadata.uid !== node.uid) {
    // An object that was seen is taken out by its own watch.
    if (node.virtual) graph.remove(node.uid);
    return;
  }
  if (node.deletingDependents) return advanceForeground(collector, node, where, latest);
  const owners = latest.metadata.ownerReferences ?? [];
  if (!owners.length) return;
  const { solid, dangling, waiting } = await classify(collector, node, owners);
  if (solid.length) {
    if (dangling.length || waiting.length) await setOwners(client, where, latest, solid);
    return;
  }
  const remove = (propagationPolicy: DeleteOptions["propagationPolicy"]) =>
    client
      // The resourceVersion guards the owners that the decision was made on.
      .delete(where.resource, where, {
        uid: node.uid,
        resourceVersion: latest.metadata.resourceVersion,
        propagationPolicy,
      })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  if (waiting.length && node.dependents.size) {
    if ([...node.dependents].some(({ deletingDependents }) => deletingDependents)) {
      // Perhaps a circle in which everyone waits for everyone: this one waits for nobody's permission.
      await setOwners(
        client,
        where,
        latest,
        owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })),
      );
      collector.again(node.uid);
      return;
    }
    await remove("Foreground");
    return;
  }
  const { finalizers = [] } = latest.metadata;
  await remove(finalizers.includes(ORPHAN) ? "Orphan" : finalizers.includes(FOREGROUND) ? "Foreground" : "Background");
}

async function advanceForeground(
  collector: Collector,
  node: GraphNode,
  where: Location,
  latest: ApiObject,
): Promise<void> {
  const blocking = collector.graph.blockingDependents(node);
  if (!blocking.length) return removeFinalizer(collector.client, where, latest, FOREGROUND);
  for (const dependent of blocking) if (!dependent.deletingDependents) collector.again(dependent.uid);
}

/** Takes an owner out of its dependents, then lets it go. (attemptToOrphan) */
export async function orphanDependents(collector: Collector, node: GraphNode): Promise<void> {
  const { client } = collector;
  await Promise.all(
    [...node.dependents].map(async (dependent) => {
      const where = locate(collector, dependent);
      const latest = await find(client, where);
      if (latest?.metadata.uid !== dependent.uid) return;
      const owners = latest.metadata.ownerReferences ?? [];
      const others = owners.filter(({ uid }) => uid !== node.uid);
      if (others.length < owners.length) await setOwners(client, where, latest, others);
    }),
  );
  const where = locate(collector, node);
  const latest = await find(client, where);
  if (latest?.metadata.uid === node.uid) await removeFinalizer(client, where, latest, ORPHAN);
}

interface Location {
  resource: string;
  name: string;
  namespace?: string;
}

type Named = Pick<GraphNode, "apiVersion" | "kind" | "name" | "namespace">;

function locate(collector: Collector, { apiVersion, kind, name, namespace }: Named): Location {
  const found = collector.resourceOf(apiVersion, kind);
  if (!found) throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`);
  if (found.namespaced && !namespace) throw new Hopeless("cluster-scoped objects cannot refer to namespaced owners");
  return { resource: resourceNameOf(found), name, ...(found.namespaced && { namespace }) };
}

async function find(client: Client, where: Location): Promise<ApiObject | undefined> {
  try {
    return await client.get(where.resource, where);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function classify(collector: Collector, node: GraphNode, owners: readonly OwnerReference[]): Promise<Classified> {
  const classified: Classified = { solid: [], dangling: [], waiting: [] };
  for (const reference of owners) {
    const { apiVersion, kind, name, uid } = reference;
    if (collector.absent.has(node.namespace, reference)) {
      classified.dangling.push(reference);
      continue;
    }
    const owner = await find(
      collector.client,
      locate(collector, { apiVersion, kind, name, namespace: node.namespace }),
    );
    if (owner?.metadata.uid !== uid) {
      collector.absent.add(node.namespace, reference);
      classified.dangling.push(reference);
    } else if (isWaiting(owner)) classified.waiting.push(reference);
    else classified.solid.push(reference);
  }
  return classified;
}

async function setOwners(client: Client, where: Location, latest: ApiObject, ownerReferences: OwnerReference[]) {
  const { uid, resourceVersion } = latest.metadata;
  await patch(client, where, {
    uid,
    resourceVersion,
    ownerReferences: ownerReferences.length ? ownerReferences : null,
  });
}

async function removeFinalizer(client: Client, where: Location, latest: ApiObject, finalizer: string): Promise<void> {
  const { uid, resourceVersion, finalizers = [] } = latest.metadata;
  if (!finalizers.includes(finalizer)) return;
  await patch(client, where, { uid, resourceVersion, finalizers: finalizers.filter((one) => one !== finalizer) });
}

/** A merge patch, as custom resources know no other; the resourceVersion makes it safe. */
async function patch(client: Client, where: Location, metadata: unknown): Promise<void> {
  try {
    await client.patch(where.resource, where, { metadata }, { type: "merge" });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
