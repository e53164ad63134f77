import { ApiError, type Client, type Clock, type Logger, microTimestamp, sleep } from "../client/index.ts";
import type { Lease } from "../openapi/api/coordination.k8s.io.v1.ts";
import type { Node } from "../openapi/api/core.v1.ts";
import { advertisedChanges } from "./advertised-resources.ts";
import type { NodeEvents } from "./node-events.ts";
import { hasOtherImages, initialNode, type NodeFacts, nodeStatus } from "./node-status.ts";

/** Seconds a Lease lasts; renewed after a quarter. Full status goes out every five minutes. (kubelet's defaults) */
export const LEASE_SECONDS = 40;
export const RENEW_MS = 10_000;
export const STATUS_MS = 300_000;
/** First and longest pause between attempts to register, in ms. */
const FIRST_RETRY = 100;
const LAST_RETRY = 7_000;
const NAMESPACE = "kube-node-lease";

export interface HeartbeatOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: NodeEvents;
  facts(): NodeFacts;
}

/** Registers the node, then renews its Lease and status until stopped. Resolves `registered` with the Node. */
export function startHeartbeat({ client, clock, logger, events, facts }: HeartbeatOptions): {
  registered: Promise<Node>;
  /** The node's status is another one now. */
  changed(): void;
  stop(): void;
} {
  const aborted = new AbortController();
  const { signal } = aborted;
  const { name } = facts();
  let statusAt = clock.now().getTime();
  let wake = new AbortController();

  async function register(): Promise<Node> {
    let exists = false;
    for (let pause = FIRST_RETRY; ; pause = Math.min(pause * 2, LAST_RETRY)) {
      try {
        if (exists) return await writeStatus(events.started);
        const node = initialNode(facts(), clock.now());
        const created = await client.create("v1/nodes", node);
        events.started(undefined, node.status ?? {});
        return created;
      } catch (error) {
        // There from an earlier life: it is taken over, which may fail as well as making it.
        exists = error instanceof ApiError && error.code === 409 && !exists;
        if (exists) continue;
        // A server that is not there yet is no news; one that refuses the Node goes on refusing it.
        const level = error instanceof ApiError ? "warn" : "debug";
        logger[level]({ err: error, node: name }, "registering failed; trying again");
      }
      await sleep(clock, pause, signal);
      if (signal.aborted) throw new Error("stopped");
    }
  }

  async function writeStatus(tell: (before: Node, status: NonNullable<Node["status"]>) => void): Promise<Node> {
    const node = await client.get("v1/nodes", { name });
    const status = nodeStatus(facts(), node, clock.now());
    const allocatable = { ...status.allocatable, ...advertisedChanges(node) };
    const patch = { status: { ...status, allocatable } };
    const written = await client.patch("v1/nodes", { name, subresource: "status" }, patch, { type: "strategic" });
    tell(node, status);
    return written;
  }

  async function renew(node: Node, lease: Lease | undefined): Promise<Lease> {
    const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: microTimestamp(clock.now()) };
    if (lease) return client.update("coordination.k8s.io/v1/leases", { ...lease, spec: { ...lease.spec, ...spec } });
    const metadata = {
      name,
      namespace: NAMESPACE,
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid: node.metadata.uid ?? "" }],
    };
    return client.create("coordination.k8s.io/v1/leases", {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata,
      spec,
    } as Lease);
  }

  const registered = register();
  void (async () => {
    let node = await registered;
    let lease: Lease | undefined;
    for (let known = true; !signal.aborted; known = false) {
      try {
        lease = await renew(node, lease);
        if (!known) node = await client.get("v1/nodes", { name });
        events.seen(node);
        const changes = Object.keys(advertisedChanges(node)).length > 0 || hasOtherImages(node, facts());
        if (changes || clock.now().getTime() - statusAt >= STATUS_MS) {
          node = await writeStatus(events.changed);
          statusAt = clock.now().getTime();
        }
      } catch (error) {
        logger.debug({ err: error, node: name }, "heartbeat failed");
        // Somebody else wrote it, or it is there from an earlier life: take it as it is now.
        lease = await client
          .get("coordination.k8s.io/v1/leases", { name, namespace: NAMESPACE })
          .catch(() => undefined);
        if (await isDeleted(client, name)) node = await register();
      }
      wake = new AbortController();
      await sleep(clock, RENEW_MS, AbortSignal.any([signal, wake.signal]));
    }
  })().catch((error: unknown) => {
    if (!signal.aborted) logger.error({ err: error, node: name }, "heartbeat ended");
  });
  return {
    registered,
    changed() {
      statusAt = 0;
      wake.abort();
    },
    stop: () => aborted.abort(),
  };
}

async function isDeleted(client: Client, name: string): Promise<boolean> {
  try {
    await client.get("v1/nodes", { name });
    return false;
  } catch (error) {
    return error instanceof ApiError && error.code === 404;
  }
}
