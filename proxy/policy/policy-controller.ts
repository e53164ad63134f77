import { type Clock, type Informers, keyOf, type Logger } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { Family } from "../address.ts";
import type { Nft } from "../nftables/nft.ts";
import { Ruleset } from "../nftables/ruleset.ts";
import { SyncLoop } from "../sync-loop.ts";
import { isolation } from "./isolation.ts";
import { type PolicyPod, policyPod } from "./policy-pod.ts";
import { type PolicyWorld, policyRules } from "./policy-rules.ts";
import { POLICY_TABLE, policyTable } from "./policy-table.ts";

/** As for Services, in ms. */
const FULL_SYNC = 3600_000;
const FAMILIES: readonly Family[] = ["IPv4", "IPv6"];

export interface PolicyOptions {
  /** Not those of Services: these may have to wait for rights. They are started and stopped here. */
  readonly informers: Informers;
  /** Name of the node whose Pods are isolated. */
  readonly node: string;
  readonly nft: Nft;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly minSyncPeriod: number;
  readonly syncPeriod: number;
}

interface Table {
  readonly ruleset: Ruleset;
  /** When all was last written, in ms; undefined = it has to be. */
  lastFull: number | undefined;
}

/** Isolates the Pods of a node as NetworkPolicies say. Pods and namespaces are watched once there is a policy. */
export function runPolicies(options: PolicyOptions): { stop(): Promise<void> } {
  const { informers, node, nft, clock, logger } = options;
  const policies = informers.get("networking.k8s.io/v1/networkpolicies");
  const pods = new Map<string, PolicyPod>();
  const namespaces = new Map<string, Readonly<Record<string, string>>>();
  const tables = new Map<Family, Table>();
  let ready: (() => boolean) | undefined;
  const loop = new SyncLoop({ clock, pause: options.minSyncPeriod, retry: options.syncPeriod, sync });

  /** Takes a change in; most changes of Pods are of no interest. */
  function put<V>(map: Map<string, V>, key: string, value: V | undefined): void {
    const old = map.get(key);
    if (JSON.stringify(old) === JSON.stringify(value)) return;
    if (value === undefined) map.delete(key);
    else map.set(key, value);
    if (ready?.()) loop.request();
  }

  function watch(): void {
    const podInformer = informers.get("v1/pods");
    const namespaceInformer = informers.get("v1/namespaces", { metadataOnly: true });
    ready = () => podInformer.hasSynced && namespaceInformer.hasSynced;
    const pod = (object: Pod) => put(pods, keyOf(object), policyPod(object));
    podInformer.addHandler({ added: pod, updated: pod, deleted: (object) => put(pods, keyOf(object), undefined) });
    namespaceInformer.addHandler({
      added: ({ metadata }) => put(namespaces, metadata.name ?? "", metadata.labels ?? {}),
      updated: ({ metadata }) => put(namespaces, metadata.name ?? "", metadata.labels ?? {}),
      deleted: ({ metadata }) => put(namespaces, metadata.name ?? "", undefined),
    });
    Promise.all([podInformer.synced, namespaceInformer.synced]).then(() => loop.request());
  }

  const changed = () => {
    if (!ready && policies.lister.list().length > 0) watch();
    if (ready?.()) loop.request();
  };
  policies.addHandler({ added: changed, updated: changed, deleted: changed });
  informers.start();

  async function sync(): Promise<number> {
    const now = clock.now().getTime();
    const again: number[] = [FULL_SYNC];
    for (const family of FAMILIES) {
      const isUsed = tables.has(family) || [...pods.values()].some(({ addresses }) => addresses[family]);
      if (isUsed) again.push(await syncFamily(family, now));
    }
    return Math.min(...again);
  }

  async function syncFamily(family: Family, now: number): Promise<number> {
    const table = tables.get(family) ?? { ruleset: new Ruleset(policyTable(family)), lastFull: undefined };
    tables.set(family, table);
    const { ruleset } = table;
    const world: PolicyWorld = { family, pods: [...pods.values()], namespaces };
    const list = policies.lister.list();
    const owners = new Set(["", ...list.map(keyOf)]);
    for (const owner of [...ruleset.owners()]) if (!owners.has(owner)) ruleset.replace(owner, undefined);
    for (const policy of list) ruleset.replace(keyOf(policy), policyRules(policy, world));
    ruleset.replace("", isolation(list, node, world));
    const isFull = table.lastFull === undefined || now - table.lastFull >= FULL_SYNC;
    try {
      const old = ruleset.cleanUp(now);
      if (old !== undefined) await nft.run(old);
      const existing = isFull ? await nft.existing(family === "IPv4" ? "ip" : "ip6", POLICY_TABLE) : undefined;
      const commands = existing ? ruleset.full(existing, now) : ruleset.changes(now);
      if (commands !== undefined) await nft.run(commands);
    } catch (error) {
      logger.error({ err: error, family }, "rules of policies cannot be set, trying again");
      table.lastFull = undefined;
      throw error;
    }
    ruleset.applied();
    if (isFull) table.lastFull = now;
    return ruleset.cleanUpIn(now) ?? FULL_SYNC;
  }

  return {
    async stop() {
      informers.stop();
      await loop.stop();
    },
  };
}
