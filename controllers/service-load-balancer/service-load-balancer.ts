import {
  type Action,
  defineController,
  isNotFound,
  type Key,
  keyOf,
  type Lister,
  mapping,
  type WriteAction,
} from "../../client/index.ts";
import type { Node, Service } from "../../openapi/api/core.v1.ts";
import { hostsOf, isIncluded, wishOf } from "./changes.ts";
import { addressesFor } from "./simulated-cloud.ts";

const SERVICES = "v1/services";
const NODES = "v1/nodes";
const FINALIZER = "service.kubernetes.io/load-balancer-cleanup";
/** First and longest pause after a failure. */
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 300_000;

type View = Readonly<Service>;

/** A load balancer as this process has last made it. */
interface Known {
  wish: string;
  hosts: readonly string[];
  addresses: readonly string[];
}

export interface Listers {
  services: Lister<Service>;
  nodes: Lister<Node>;
  /** By key of the Service. */
  known: Map<Key, Known>;
  failures: Map<Key, number>;
}

/** Somebody else's when there is a class. */
const wantsLoadBalancer = ({ spec }: View): boolean =>
  spec.type === "LoadBalancer" && spec.loadBalancerClass === undefined;

const hasFinalizer = ({ metadata }: View): boolean => metadata.finalizers?.includes(FINALIZER) ?? false;

const needsCleanup = (service: View): boolean =>
  hasFinalizer(service) && (service.metadata.deletionTimestamp !== undefined || service.spec.type !== "LoadBalancer");

/** Gives Services their load balancers in a cloud that is simulated. Follows cloud-provider/controllers/service. */
export function reconcile(key: Key, listers: Listers): Action[] {
  const { services, nodes, known } = listers;
  const service = services.get(key);
  if (!service) {
    known.delete(key);
    listers.failures.delete(key);
    return [];
  }
  if (needsCleanup(service)) return remove(key, service, listers);
  if (!wantsLoadBalancer(service)) return [];
  const hosts = hostsOf(nodes.list());
  const before = known.get(key);
  if (before?.wish !== wishOf(service)) return ensure(key, service, hosts, listers);
  if (before.hosts.join() === hosts.join()) return [];
  before.hosts = hosts;
  return [
    hosts.length ? event(service, "UpdatedLoadBalancer", "Updated load balancer with new hosts") : noNodes(service),
  ];
}

function ensure(key: Key, service: View, hosts: readonly string[], listers: Listers): Action[] {
  const { services, known } = listers;
  const failed = (what: string, error: unknown) => failure(key, service, what, error, listers);
  const provide = (): Action[] => {
    const promised = new Set([...known].filter(([other]) => other !== key).flatMap(([, { addresses }]) => addresses));
    let addresses: string[];
    try {
      addresses = addressesFor(service, services.list(), promised);
    } catch (error) {
      return [...(hosts.length ? [] : [noNodes(service)]), ...failed("failed to ensure load balancer", error)];
    }
    known.set(key, { wish: wishOf(service), hosts, addresses });
    listers.failures.delete(key);
    return [
      ...(hosts.length ? [] : [noNodes(service)]),
      event(service, "EnsuredLoadBalancer", "Ensured load balancer"),
      ...statusOf(key, service, addresses, listers),
    ];
  };
  const first = event(service, "EnsuringLoadBalancer", "Ensuring load balancer");
  if (hasFinalizer(service)) return [first, ...provide()];
  const keep = patch(service, { metadata: { finalizers: [FINALIZER] } });
  return [
    first,
    {
      do: "batch",
      actions: [keep],
      after: ([result]) =>
        result?.ok ? provide() : failed("failed to add load balancer cleanup finalizer", result?.error),
    },
  ];
}

function remove(key: Key, service: View, listers: Listers): Action[] {
  const exists = listers.known.has(key) || service.status?.loadBalancer?.ingress?.length;
  const release = patch(service, { metadata: { "$deleteFromPrimitiveList/finalizers": [FINALIZER] } });
  return [
    ...(exists ? [event(service, "DeletingLoadBalancer", "Deleting load balancer")] : []),
    {
      do: "batch",
      actions: [release],
      after([result]) {
        if (!result?.ok)
          return failure(key, service, "failed to remove load balancer cleanup finalizer", result?.error, listers);
        listers.known.delete(key);
        listers.failures.delete(key);
        const deleted = event(service, "DeletedLoadBalancer", "Deleted load balancer");
        return [deleted, ...statusOf(key, service, [], listers)];
      },
    },
  ];
}

function statusOf(key: Key, service: View, addresses: readonly string[], listers: Listers): Action[] {
  const old = (service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
  if (old.join() === addresses.join()) return [];
  const ingress = addresses.length ? addresses.map((ip) => ({ ip })) : null;
  return [
    {
      do: "batch",
      actions: [patch(service, { status: { loadBalancer: { ingress } } })],
      after: ([result]) =>
        result?.ok || isNotFound(result?.error)
          ? []
          : failure(key, service, "failed to update load balancer status", result?.error, listers),
    },
  ];
}

/** Told and tried again, later each time. What is known is forgotten, so that all is done anew. */
function failure(key: Key, service: View, what: string, error: unknown, { known, failures }: Listers): Action[] {
  const count = failures.get(key) ?? 0;
  failures.set(key, count + 1);
  known.delete(key);
  const why = error instanceof Error ? error.message : error;
  const message = `Error syncing load balancer: ${what}: ${why}`;
  return [
    { do: "event", about: service, type: "Warning", reason: "SyncLoadBalancerFailed", message },
    { do: "requeue", afterMs: Math.min(FIRST_PAUSE_MS * 2 ** count, LAST_PAUSE_MS) },
  ];
}

/** Also finalizers go through the status, which is all that this controller may write. (PatchService) */
function patch(service: View, change: unknown): WriteAction {
  return {
    do: "patch",
    resource: SERVICES,
    object: service,
    type: "strategic",
    patch: change,
    subresource: "status",
  };
}

const event = (about: View, reason: string, message: string): Action => ({
  do: "event",
  about,
  type: "Normal",
  reason,
  message,
});

const noNodes = (about: View): Action => ({
  do: "event",
  about,
  type: "Warning",
  reason: "UnAvailableLoadBalancer",
  message: "There are no available nodes for LoadBalancer",
});

export const serviceLoadBalancerController = defineController<Listers>({
  name: "service-lb-controller",
  watches: {
    for: SERVICES,
    maps: [
      mapping(NODES, (node, { services }: Listers, old) => {
        const isSame = old && isIncluded(old) === isIncluded(node) && old.spec?.providerID === node.spec?.providerID;
        return isSame ? [] : services.list().filter(wantsLoadBalancer).map(keyOf);
      }),
    ],
  },
  listers: (get) => ({ services: get(SERVICES), nodes: get(NODES), known: new Map(), failures: new Map() }),
  reconcile,
  workers: 1,
  eventSource: "service-controller",
});
